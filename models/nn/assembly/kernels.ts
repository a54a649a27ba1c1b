// The arithmetic of small networks on f32 vectors of four. Every matrix is dense; B and C have their rows one after the
// other, A has any strides, so that Xᵀ needs no copy. Its plain twin is ../plain_kernels.ts.
//
//   C += A B, in tiles of 4 × 8:     B ──── p-th row, 8 columns ────
//                                    A  4 numbers, each splat over a vector
//                                    C  8 vectors that stay in registers through all p

/** C (m × n) = A (m × k) B (k × n) + what C holds; A's element (i, p) stands at `a + (i * row + p * column) * 4`. */
export function product(
  a: usize, row: i32, column: i32, b: usize, c: usize, m: i32, k: i32, n: i32,
): void {
  const rowBytes = <usize>row << 2;
  const columnBytes = <usize>column << 2;
  const width = <usize>n << 2;
  let i: i32 = 0;
  for (; i + 4 <= m; i += 4) tileRows4(a + <usize>i * rowBytes, rowBytes, columnBytes, b, c + <usize>i * width, k, n);
  for (; i < m; i++) tileRows1(a + <usize>i * rowBytes, columnBytes, b, c + <usize>i * width, k, n);
}

function tileRows4(a: usize, row: usize, column: usize, b: usize, c: usize, k: i32, n: i32): void {
  const width = <usize>n << 2;
  const c1 = c + width;
  const c2 = c1 + width;
  const c3 = c2 + width;
  let j: i32 = 0;
  for (; j + 8 <= n; j += 8) {
    const at = <usize>j << 2;
    let s00 = v128.load(c + at);
    let s01 = v128.load(c + at, 16);
    let s10 = v128.load(c1 + at);
    let s11 = v128.load(c1 + at, 16);
    let s20 = v128.load(c2 + at);
    let s21 = v128.load(c2 + at, 16);
    let s30 = v128.load(c3 + at);
    let s31 = v128.load(c3 + at, 16);
    let from = a;
    let to = b + at;
    for (let p: i32 = 0; p < k; p++) {
      const b0 = v128.load(to);
      const b1 = v128.load(to, 16);
      let x = v128.load32_splat(from);
      s00 = f32x4.add(s00, f32x4.mul(x, b0));
      s01 = f32x4.add(s01, f32x4.mul(x, b1));
      x = v128.load32_splat(from + row);
      s10 = f32x4.add(s10, f32x4.mul(x, b0));
      s11 = f32x4.add(s11, f32x4.mul(x, b1));
      x = v128.load32_splat(from + 2 * row);
      s20 = f32x4.add(s20, f32x4.mul(x, b0));
      s21 = f32x4.add(s21, f32x4.mul(x, b1));
      x = v128.load32_splat(from + 3 * row);
      s30 = f32x4.add(s30, f32x4.mul(x, b0));
      s31 = f32x4.add(s31, f32x4.mul(x, b1));
      from += column;
      to += width;
    }
    v128.store(c + at, s00);
    v128.store(c + at, s01, 16);
    v128.store(c1 + at, s10);
    v128.store(c1 + at, s11, 16);
    v128.store(c2 + at, s20);
    v128.store(c2 + at, s21, 16);
    v128.store(c3 + at, s30);
    v128.store(c3 + at, s31, 16);
  }
  for (; j < n; j++) {
    const at = <usize>j << 2;
    let s0 = load<f32>(c + at);
    let s1 = load<f32>(c1 + at);
    let s2 = load<f32>(c2 + at);
    let s3 = load<f32>(c3 + at);
    let from = a;
    let to = b + at;
    for (let p: i32 = 0; p < k; p++) {
      const y = load<f32>(to);
      s0 += load<f32>(from) * y;
      s1 += load<f32>(from + row) * y;
      s2 += load<f32>(from + 2 * row) * y;
      s3 += load<f32>(from + 3 * row) * y;
      from += column;
      to += width;
    }
    store<f32>(c + at, s0);
    store<f32>(c1 + at, s1);
    store<f32>(c2 + at, s2);
    store<f32>(c3 + at, s3);
  }
}

function tileRows1(a: usize, column: usize, b: usize, c: usize, k: i32, n: i32): void {
  const width = <usize>n << 2;
  let j: i32 = 0;
  for (; j + 16 <= n; j += 16) {
    const at = <usize>j << 2;
    let s0 = v128.load(c + at);
    let s1 = v128.load(c + at, 16);
    let s2 = v128.load(c + at, 32);
    let s3 = v128.load(c + at, 48);
    let from = a;
    let to = b + at;
    for (let p: i32 = 0; p < k; p++) {
      const x = v128.load32_splat(from);
      s0 = f32x4.add(s0, f32x4.mul(x, v128.load(to)));
      s1 = f32x4.add(s1, f32x4.mul(x, v128.load(to, 16)));
      s2 = f32x4.add(s2, f32x4.mul(x, v128.load(to, 32)));
      s3 = f32x4.add(s3, f32x4.mul(x, v128.load(to, 48)));
      from += column;
      to += width;
    }
    v128.store(c + at, s0);
    v128.store(c + at, s1, 16);
    v128.store(c + at, s2, 32);
    v128.store(c + at, s3, 48);
  }
  for (; j < n; j++) {
    const at = <usize>j << 2;
    let sum = load<f32>(c + at);
    let from = a;
    let to = b + at;
    for (let p: i32 = 0; p < k; p++) {
      sum += load<f32>(from) * load<f32>(to);
      from += column;
      to += width;
    }
    store<f32>(c + at, sum);
  }
}

/** Each of the m rows of `to` becomes the n numbers at `row`. */
export function spread(row: usize, to: usize, m: i32, n: i32): void {
  const bytes = <usize>n << 2;
  for (let i: i32 = 0; i < m; i++) memory.copy(to + <usize>i * bytes, row, bytes);
}

/** Adds each of the m rows to the n numbers at `sums`. */
export function addRows(rows: usize, sums: usize, m: i32, n: i32): void {
  for (let i: i32 = 0; i < m; i++) {
    const from = rows + (<usize>(i * n) << 2);
    let j: i32 = 0;
    for (; j + 4 <= n; j += 4) {
      const at = <usize>j << 2;
      v128.store(sums + at, f32x4.add(v128.load(sums + at), v128.load(from + at)));
    }
    for (; j < n; j++) {
      const at = <usize>j << 2;
      store<f32>(sums + at, load<f32>(sums + at) + load<f32>(from + at));
    }
  }
}

/** `to` (n × m) becomes the transpose of `from` (m × n). */
export function transpose(from: usize, to: usize, m: i32, n: i32): void {
  for (let i: i32 = 0; i < m; i++) {
    for (let j: i32 = 0; j < n; j++) {
      store<f32>(to + (<usize>(j * m + i) << 2), load<f32>(from + (<usize>(i * n + j) << 2)));
    }
  }
}

/** max(0, x) of `count` numbers, in place. */
export function relu(x: usize, count: i32): void {
  let i: i32 = 0;
  const zero = f32x4.splat(0);
  for (; i + 4 <= count; i += 4, x += 16) v128.store(x, f32x4.max(v128.load(x), zero));
  for (; i < count; i++, x += 4) store<f32>(x, max<f32>(load<f32>(x), 0));
}

/** Lets the gradient at `g` through where the output at `y` is above 0, in place. */
export function reluBack(y: usize, g: usize, count: i32): void {
  let i: i32 = 0;
  const zero = f32x4.splat(0);
  for (; i + 4 <= count; i += 4, y += 16, g += 16) {
    v128.store(g, v128.and(v128.load(g), f32x4.gt(v128.load(y), zero)));
  }
  for (; i < count; i++, y += 4, g += 4) if (load<f32>(y) <= 0) store<f32>(g, 0);
}

/**
 * tanh of `count` numbers, in place: the rational function of degrees 13 and 6 that Eigen uses
 * (generic_fast_tanh_float), within a few units in the last place.
 */
export function tanh(x: usize, count: i32): void {
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4, x += 16) v128.store(x, tanh4(v128.load(x)));
  for (; i < count; i++, x += 4) store<f32>(x, f32x4.extract_lane(tanh4(v128.load32_splat(x)), 0));
}

// @ts-ignore: decorator
@inline
function tanh4(value: v128): v128 {
  const x = f32x4.max(f32x4.min(value, f32x4.splat(7.90531110763549805)), f32x4.splat(-7.90531110763549805));
  const s = f32x4.mul(x, x);
  let p = f32x4.add(f32x4.mul(s, f32x4.splat(-2.76076847742355e-16)), f32x4.splat(2.00018790482477e-13));
  p = f32x4.add(f32x4.mul(s, p), f32x4.splat(-8.60467152213735e-11));
  p = f32x4.add(f32x4.mul(s, p), f32x4.splat(5.12229709037114e-08));
  p = f32x4.add(f32x4.mul(s, p), f32x4.splat(1.48572235717979e-05));
  p = f32x4.add(f32x4.mul(s, p), f32x4.splat(6.37261928875436e-04));
  p = f32x4.add(f32x4.mul(s, p), f32x4.splat(4.89352455891786e-03));
  let q = f32x4.add(f32x4.mul(s, f32x4.splat(1.19825839466702e-06)), f32x4.splat(1.18534705686654e-04));
  q = f32x4.add(f32x4.mul(s, q), f32x4.splat(2.26843463243900e-03));
  q = f32x4.add(f32x4.mul(s, q), f32x4.splat(4.89352518554385e-03));
  return f32x4.div(f32x4.mul(x, p), q);
}

/** Multiplies the gradient at `g` by 1 − y², in place: y is tanh's output. */
export function tanhBack(y: usize, g: usize, count: i32): void {
  let i: i32 = 0;
  const one = f32x4.splat(1);
  for (; i + 4 <= count; i += 4, y += 16, g += 16) {
    const output = v128.load(y);
    v128.store(g, f32x4.mul(v128.load(g), f32x4.sub(one, f32x4.mul(output, output))));
  }
  for (; i < count; i++, y += 4, g += 4) {
    const output = load<f32>(y);
    store<f32>(g, load<f32>(g) * (1 - output * output));
  }
}

/**
 * One step of Adam on `count` numbers: the moments at `m` and `v`, gradients at `g` × `scale`; `step` is the rate with
 * the bias corrections in it, `epsilon` with that of v, `keep` what decoupled weight decay leaves.
 */
export function adam(
  w: usize, g: usize, m: usize, v: usize, count: i32,
  scale: f32, beta1: f32, beta2: f32, step: f32, epsilon: f32, keep: f32,
): void {
  const scales = f32x4.splat(scale);
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const c1 = f32x4.splat(1 - beta1);
  const c2 = f32x4.splat(1 - beta2);
  const steps = f32x4.splat(step);
  const epsilons = f32x4.splat(epsilon);
  const keeps = f32x4.splat(keep);
  // The room of each array is a multiple of 16 bytes (arena.ts), so the last vector may reach beyond `count`.
  for (let i: i32 = 0; i < count; i += 4) {
    const at = <usize>i << 2;
    const gradient = f32x4.mul(v128.load(g + at), scales);
    const first = f32x4.add(f32x4.mul(v128.load(m + at), b1), f32x4.mul(gradient, c1));
    const second = f32x4.add(f32x4.mul(v128.load(v + at), b2), f32x4.mul(f32x4.mul(gradient, gradient), c2));
    v128.store(m + at, first);
    v128.store(v + at, second);
    const change = f32x4.div(f32x4.mul(first, steps), f32x4.add(f32x4.sqrt(second), epsilons));
    v128.store(w + at, f32x4.sub(f32x4.mul(v128.load(w + at), keeps), change));
  }
}

/** Moves `count` numbers at `to` towards those at `from` by `share` of the way. */
export function blend(from: usize, to: usize, count: i32, share: f32): void {
  const shares = f32x4.splat(share);
  for (let i: i32 = 0; i < count; i += 4) {
    const at = <usize>i << 2;
    const old = v128.load(to + at);
    v128.store(to + at, f32x4.add(old, f32x4.mul(shares, f32x4.sub(v128.load(from + at), old))));
  }
}

/** Sum of the squares of `count` numbers. */
export function squares(x: usize, count: i32): f64 {
  let sum: f64 = 0;
  for (let i: i32 = 0; i < count; i++) {
    const value = <f64>load<f32>(x + (<usize>i << 2));
    sum += value * value;
  }
  return sum;
}

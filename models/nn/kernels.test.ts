// The kernels of build/network.wasm against their plain twin, at sizes on and off the width of a vector.

import t from 'tap';
import { Random } from '../random.js';
import { type Kernels, WasmKernels } from './kernels.js';
import { PlainKernels } from './plain_kernels.js';

type Tap = Pick<typeof t, 'ok'>;
/** One computation with a kernel: what it leaves in the arrays it made. */
type Case = (kernels: Kernels, array: (count: number, spread?: number) => Float32Array) => Float32Array[];

const CASES: Readonly<Record<string, Case>> = {
  tanh: (kernels, array) => {
    const x = array(1003, 12);
    kernels.tanh(x, 1001);
    return [x];
  },
  'tanh back': (kernels, array) => {
    const [y, g] = [array(77), array(77)];
    kernels.tanhBack(y, g, 75);
    return [g];
  },
  relu: (kernels, array) => {
    const x = array(79);
    kernels.relu(x, 77);
    return [x];
  },
  'relu back': (kernels, array) => {
    const [y, g] = [array(79), array(79)];
    y.fill(0, 3, 9);
    kernels.reluBack(y, g, 77);
    return [g];
  },
  transpose: (kernels, array) => {
    const to = kernels.floats(35);
    kernels.transpose(array(35), to, 5, 7);
    return [to];
  },
  'rows spread and added': (kernels, array) => {
    const [rows, sums] = [array(6 * 11), array(11)];
    kernels.addRows(rows, sums, 5, 11);
    kernels.spread(sums, rows, 4, 11);
    return [rows, sums];
  },
  adam: (kernels, array) => {
    const [w, g, m, v] = [array(45), array(45), array(45), array(45)];
    for (let i = 0; i < 45; i++) v[i] = Math.abs(v[i] as number);
    const how = { scale: 0.5, beta1: 0.9, beta2: 0.999, step: 0.01, epsilon: 1e-5, keep: 0.99 };
    kernels.adam(w, g, m, v, how);
    return [w, m, v, Float32Array.of(kernels.squares(g))];
  },
  blend: (kernels, array) => {
    const to = array(45);
    kernels.blend(array(45), to, 0.1);
    return [to];
  },
};

const PRODUCTS = [
  [4, 4, 8],
  [1, 4, 64],
  [7, 9, 13],
  [6, 3, 1],
  [33, 17, 27],
] as const;

t.test('every kernel gives what its plain twin gives', async (t) => {
  for (const [name, compute] of Object.entries(CASES)) compare(t, name, compute);
});

t.test('products of any size, of a matrix and of its transpose, added to what is there', async (t) => {
  for (const [m, k, n] of PRODUCTS) {
    compare(t, `${m} × ${k} × ${n}`, (kernels, array) => {
      const [a, b, straight, turned] = [array(m * k), array(k * n), array(m * n), array(m * n)];
      kernels.product(a, k, 1, b, straight, m, k, n);
      kernels.product(a, 1, m, b, turned, m, k, n);
      return [straight, turned];
    });
  }
});

t.test('a product by hand', async (t) => {
  const kernels = new WasmKernels();
  const array = (...values: number[]): Float32Array => {
    const made = kernels.floats(values.length);
    made.set(values);
    return made;
  };
  const c = array(100, 0, 0, 0);
  kernels.product(array(1, 2, 3, 4, 5, 6), 3, 1, array(1, 0, 0, 1, 1, 1), c, 2, 3, 2);
  t.same([...c], [104, 5, 10, 11]);
});

t.test('the memory of the arrays has an end', async (t) => {
  const kernels = new WasmKernels(65_536);
  kernels.floats(16_000);
  t.throws(() => kernels.floats(200), RangeError);
});

/** Runs `compute` with both, on the same numbers. */
function compare(t: Tap, name: string, compute: Case): void {
  const [fast, plain] = [new WasmKernels(), new PlainKernels()].map((kernels: Kernels) => {
    const random = new Random(7);
    return compute(kernels, (count, spread = 2) => {
      const made = kernels.floats(count);
      for (let i = 0; i < count; i++) made[i] = random.uniform(-spread, spread);
      return made;
    });
  }) as [Float32Array[], Float32Array[]];
  fast.forEach((array, a) => {
    const worst = array.reduce((most, value, i) => Math.max(most, Math.abs(value - (plain[a]?.[i] as number))), 0);
    t.ok(worst < 1e-5, `${name}: ${worst} apart`);
  });
}

// Where the response is written, and how its parts are: texts, copies, numbers.

/** Where the next byte goes. */
let to: usize = 0;

/** Starts at an address. */
export function startOutput(address: usize): void {
  to = address;
}

/** Where the next byte goes. */
// @ts-ignore: decorator
@inline
export function outputEnd(): usize {
  return to;
}


/** Writes a text of this file. Its characters are UTF-16 in static data; 16 at a time are narrowed to bytes. */
// @ts-ignore: decorator
@inline
export function write(text: string): void {
  const from = changetype<usize>(text);
  const length = <usize>text.length;
  for (let i: usize = 0; i < length; i += 16) {
    v128.store(to + i, i8x16.narrow_i16x8_u(v128.load(from + (i << 1)), v128.load(from + (i << 1), 16)));
  }
  to += length;
}

/** Copies bytes; up to 15 behind them are read and overwritten. */
// @ts-ignore: decorator
@inline
export function copy(from: usize, length: usize): void {
  // Most pieces are some hundred bytes; 16 at a time beats the call into memory.copy, and what is written past the
  // piece is overwritten by the next or cut off.
  for (let i: usize = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i));
  to += length;
}

// @ts-ignore: decorator
@inline
export function copyText(text: usize): void {
  copy(<usize>load<u32>(text), <usize>load<u32>(text, 4));
}

export function hexadecimal(id: u64): void {
  for (let shift: i32 = 60; shift >= 0; shift -= 4) {
    const nibble = <u32>(id >> <u64>shift) & 15;
    store<u8>(to++, <u8>(48 + nibble + ((nibble + 6) >> 4) * 39)); // a to f stand 39 behind the digits
  }
}

/** Micros as units, without trailing zeros: 1500000 is 1.5. */
export function price(micros: i64): void {
  const whole = <u64>micros / 1000000;
  let part = <u32>(<u64>micros % 1000000);
  decimal(whole);
  if (part == 0) return;
  store<u8>(to++, 46);
  let weight: u32 = 100000;
  while (part != 0) {
    store<u8>(to++, <u8>(48 + part / weight));
    part %= weight;
    weight /= 10;
  }
}

export function decimal(n: u64): void {
  let digits: usize = 1;
  for (let rest = n / 10; rest != 0; rest /= 10) digits++;
  to += digits;
  let q = to;
  do {
    store<u8>(--q, <u8>(48 + (n % 10)));
    n /= 10;
  } while (n != 0);
}

export function integer(n: i32): void {
  if (n < 0) write('-');
  decimal(<u64>abs(<i64>n));
}

/** Three letters of a currency, in upper case. */
export function writeCurrency(currency: u32): void {
  store<u32>(to, currency & 0xdfdfdf);
  to += 3;
}

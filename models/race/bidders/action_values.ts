// The network of a DQN agent in a file: what each action is worth for the inputs of a slot.

import type { Layer } from '../../nn/network.js';
import { frameState, invalidState, isStateError, type StateError, unframeState } from '../../state.js';

const MAGIC = 0x51505647; // "GVPQ"
const VERSION = 1;

export interface ActionValues {
  /** The action that is worth most. */
  best(inputs: ArrayLike<number>): number;
}

/** @param layers of the network, from inputs to actions: relu between them */
export function writeActionValues(layers: readonly Layer[]): Uint8Array {
  const sizes = Uint32Array.of((layers[0] as Layer).inputs, ...layers.map(({ outputs }) => outputs));
  const arrays = layers.flatMap(({ weights, biases }) => [weights, biases]);
  return frameState(MAGIC, VERSION, [sizes, ...arrays].map(bytesOf));
}

export function readActionValues(bytes: Uint8Array): ActionValues | StateError {
  const body = unframeState(MAGIC, VERSION, bytes);
  if (isStateError(body)) return body;
  const words = new Uint32Array(body.slice().buffer);
  const sizes = words.subarray(0, SIZES);
  const numbers = new Float32Array(words.buffer, SIZES * 4);
  const layers: { readonly inputs: number; readonly weights: Float32Array; readonly biases: Float32Array }[] = [];
  let at = 0;
  for (let n = 0; n + 1 < SIZES; n++) {
    const [inputs, outputs] = [sizes[n] as number, sizes[n + 1] as number];
    const weights = numbers.subarray(at, at + inputs * outputs);
    const biases = numbers.subarray(at + inputs * outputs, at + (inputs + 1) * outputs);
    layers.push({ inputs, weights, biases });
    at += (inputs + 1) * outputs;
  }
  if (at !== numbers.length) return invalidState(`${numbers.length} weights for layers of ${sizes.join('-')}`);
  return {
    best: (inputs) => {
      let x = Float32Array.from(inputs);
      layers.forEach(({ weights, biases }, n) => {
        const y = biases.slice();
        for (let i = 0; i < x.length; i++) {
          for (let j = 0; j < y.length; j++) {
            y[j] = (y[j] as number) + (x[i] as number) * (weights[i * y.length + j] as number);
          }
        }
        x = n + 1 < layers.length ? y.map((value) => Math.max(value, 0)) : y;
      });
      return x.indexOf(Math.max(...x));
    },
  };
}

/** Inputs, two hidden layers, actions. */
const SIZES = 4;

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

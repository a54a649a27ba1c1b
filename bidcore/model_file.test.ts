// Which bytes are taken for a model, and which are refused.

import t from 'tap';
import * as l from '../assembly/model_layout.js';
import { isModelFileError, type ModelFile, type ModelFileError, readModelFile, writeModelFile } from './model_file.js';
import { sampleModel } from './testing/sample_model.js';

const image = sampleModel(1);
const file = writeModelFile(image, 7, 1000);

/** The file with a change, written anew so that its CRC is right again. */
function rewritten(change: (image: DataView) => void): ModelFile | ModelFileError {
  const copy = image.slice();
  change(new DataView(copy.buffer));
  return readModelFile(writeModelFile(copy, 7, 1000));
}

function problemOf(result: ModelFile | ModelFileError): string {
  return isModelFileError(result) ? result.problem : 'none';
}

t.test('a model file is read back as it was written', async (t) => {
  const read = readModelFile(file);
  if (isModelFileError(read)) throw new Error(read.problem);
  t.equal(read.version, 7);
  t.equal(read.createdMs, 1000);
  t.ok(Buffer.from(read.image).equals(image));
});

t.test('a damaged or foreign file is refused, with what is wrong', async (t) => {
  const changed = (offset: number, value: number): Uint8Array => {
    const copy = file.slice();
    copy[offset] = value;
    return copy;
  };
  t.match(problemOf(readModelFile(new Uint8Array(10))), 'shorter');
  t.match(problemOf(readModelFile(changed(l.MODEL_HEADER_MAGIC, 0))), 'magic');
  t.match(problemOf(readModelFile(changed(l.MODEL_HEADER_FORMAT, 9))), 'format 9');
  t.match(problemOf(readModelFile(changed(l.MODEL_HEADER_LAYOUT, 0))), 'layout');
  t.match(problemOf(readModelFile(changed(l.MODEL_HEADER_BYTES + 12_345, 255))), 'CRC');
  t.match(problemOf(readModelFile(file.subarray(0, file.length - 1))), 'bytes of model');
  t.match(problemOf(readModelFile(writeModelFile(image, 0, 0))), 'version 0');
});

t.test('a file with a right CRC and wrong numbers is refused', async (t) => {
  const feature = l.MODEL_FEATURES + 5 * l.FEATURE_STRIDE + 8;
  t.match(problemOf(rewritten((view) => view.setFloat32(feature, Number.NaN, true))), 'feature 5');
  t.match(problemOf(rewritten((view) => view.setFloat32(l.MODEL_BIAS_CTR, Infinity, true))), 'bias');
  t.match(problemOf(rewritten((view) => view.setFloat32(l.MODEL_CALIBRATION + 40, 0.9, true))), 'calibration table 0');
  t.match(problemOf(rewritten((view) => view.setFloat64(l.MODEL_LANDSCAPE + 8, 0, true))), 'grid');
  const level = l.MODEL_FEATURES + 6 * l.FEATURE_STRIDE + l.FEATURE_WEIGHT_LANDSCAPE;
  t.match(problemOf(rewritten((view) => view.setFloat32(level, 2000, true))), 'feature 6');
  t.match(problemOf(rewritten((view) => view.setUint32(l.MODEL_EXCHANGES, 5, true))), 'slot 0');
  t.match(problemOf(rewritten((view) => view.setUint32(l.MODEL_EXCHANGES + 8, l.FEATURES, true))), 'no such feature');
  t.match(
    problemOf(rewritten((view) => view.setFloat64(l.MODEL_LANDSCAPE + l.LANDSCAPE_WIN, 2, true))),
    'landscape table 0',
  );
});

// What the impressions of a request, taken together, may hold. Asked when all is read, because a repeated key may have
// replaced what was too much.

import { assets, deals, imps } from './arena';
import { listCount } from './fields';
import { dealCount, formatCount, impsRead } from './imps';
import { MAX_ASSETS, MAX_DEALS, MAX_DURATION_FLOORS, MAX_FORMATS, MAX_ID_BYTES, MAX_IMPS } from './limits';
import * as m from './memory_map';
import { assetCount } from './native_request';
import { durationFloorCount, streamListValues } from './streams';

/** True if there are more impressions, deals, formats, assets or floors, or longer ids, than the record holds. */
export function impsOverLimit(): bool {
  const impCount = impsRead();
  if (impCount > MAX_IMPS || dealCount > MAX_DEALS || formatCount > MAX_FORMATS) return true;
  if (assetCount > MAX_ASSETS || durationFloorCount > MAX_DURATION_FLOORS) return true;
  for (let i = 0; i < impCount; i++) {
    if (load<u32>(imps + <usize>i * m.IMP_STRIDE, m.IMP_ID + 4) > <u32>MAX_ID_BYTES) return true;
  }
  for (let i = 0; i < dealCount; i++) {
    if (load<u32>(deals + <usize>i * m.DEAL_STRIDE, m.DEAL_ID + 4) > <u32>MAX_ID_BYTES) return true;
  }
  return false;
}

/** Number of values in the lists of all impressions and deals; only if `impsOverLimit` is false. */
export function impListValues(): i32 {
  let values = 0;
  const impCount = impsRead();
  for (let i = 0; i < impCount; i++) values += listValuesOf(imps + <usize>i * m.IMP_STRIDE);
  for (let i = 0; i < dealCount; i++) {
    const deal = deals + <usize>i * m.DEAL_STRIDE;
    values += listCount(deal + m.DEAL_WSEAT) + listCount(deal + m.DEAL_WADOMAIN);
  }
  return values;
}

function listValuesOf(imp: usize): i32 {
  const flags = load<i32>(imp, m.IMP_FLAGS);
  let values = listCount(imp + m.IMP_MIMES);
  if ((flags & m.IMP_VIDEO) != 0) values += streamListValues(imp + m.IMP_VIDEO_RECORD);
  if ((flags & m.IMP_AUDIO) != 0) values += streamListValues(imp + m.IMP_AUDIO_RECORD);
  if ((flags & m.IMP_NATIVE) == 0) return values;
  const native = imp + m.IMP_NATIVE_RECORD + m.NATIVE_ASSETS;
  const first = assets + <usize>load<i32>(native) * m.ASSET_STRIDE;
  const count = load<i32>(native, 4);
  for (let i = 0; i < count; i++) values += listCount(first + <usize>i * m.ASSET_STRIDE + m.ASSET_MIMES);
  return values;
}

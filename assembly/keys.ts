// Written by generate.mjs. Do not edit. The JSON keys the scanner knows, and their perfect hash.

export const KEY_ACAT: i32 = 1;
export const KEY_API: i32 = 2;
export const KEY_APP: i32 = 3;
export const KEY_AT: i32 = 4;
export const KEY_AUDIO: i32 = 5;
export const KEY_BADV: i32 = 6;
export const KEY_BANNER: i32 = 7;
export const KEY_BAPP: i32 = 8;
export const KEY_BATTR: i32 = 9;
export const KEY_BCAT: i32 = 10;
export const KEY_BIDFLOOR: i32 = 11;
export const KEY_BIDFLOORCUR: i32 = 12;
export const KEY_BSEAT: i32 = 13;
export const KEY_BTYPE: i32 = 14;
export const KEY_BUNDLE: i32 = 15;
export const KEY_BUYERUID: i32 = 16;
export const KEY_CARRIER: i32 = 17;
export const KEY_CAT: i32 = 18;
export const KEY_CATTAX: i32 = 19;
export const KEY_CITY: i32 = 20;
export const KEY_CONNECTIONTYPE: i32 = 21;
export const KEY_COPPA: i32 = 22;
export const KEY_COUNTRY: i32 = 23;
export const KEY_CUR: i32 = 24;
export const KEY_DATA: i32 = 25;
export const KEY_DEALS: i32 = 26;
export const KEY_DEVICE: i32 = 27;
export const KEY_DEVICETYPE: i32 = 28;
export const KEY_DNT: i32 = 29;
export const KEY_DOMAIN: i32 = 30;
export const KEY_DOOH: i32 = 31;
export const KEY_EXT: i32 = 32;
export const KEY_FORMAT: i32 = 33;
export const KEY_GDPR: i32 = 34;
export const KEY_GEO: i32 = 35;
export const KEY_H: i32 = 36;
export const KEY_HRATIO: i32 = 37;
export const KEY_ID: i32 = 38;
export const KEY_IMP: i32 = 39;
export const KEY_INSTL: i32 = 40;
export const KEY_LANGUAGE: i32 = 41;
export const KEY_LMT: i32 = 42;
export const KEY_MIMES: i32 = 43;
export const KEY_NATIVE: i32 = 44;
export const KEY_OS: i32 = 45;
export const KEY_PAGE: i32 = 46;
export const KEY_PMP: i32 = 47;
export const KEY_POS: i32 = 48;
export const KEY_PRIVATE_AUCTION: i32 = 49;
export const KEY_PUBLISHER: i32 = 50;
export const KEY_REGION: i32 = 51;
export const KEY_REGS: i32 = 52;
export const KEY_SECURE: i32 = 53;
export const KEY_SEGMENT: i32 = 54;
export const KEY_SITE: i32 = 55;
export const KEY_TAGID: i32 = 56;
export const KEY_TEST: i32 = 57;
export const KEY_TMAX: i32 = 58;
export const KEY_US_PRIVACY: i32 = 59;
export const KEY_USER: i32 = 60;
export const KEY_VIDEO: i32 = 61;
export const KEY_W: i32 = 62;
export const KEY_WADOMAIN: i32 = 63;
export const KEY_WMIN: i32 = 64;
export const KEY_WRATIO: i32 = 65;
export const KEY_WSEAT: i32 = 66;
export const KEY_ZIP: i32 = 67;

/** Number of the key with a code is SLOTS[(code * MULTIPLIER) >> 56], if CODES of that number is the code. */
export const MULTIPLIER: u64 = 0x67f1684346485d17;
export const SLOTS: usize = memory.data<u8>([
  0, 0, 0, 65, 0, 0, 0, 0, 39, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 30, 0, 0, 63,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 67, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 27, 36, 0, 66, 0, 0, 50, 20, 0, 41, 0, 0, 35, 0, 0,
  0, 9, 0, 0, 0, 0, 26, 8, 0, 62, 0, 49, 0, 40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 12, 0, 0, 15, 0, 0, 32, 0, 0, 0, 0, 0, 46, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 16, 28, 0, 0, 55, 23, 0, 0, 5, 45, 0, 0, 0, 0, 54, 0, 0, 0, 22, 0, 0, 0,
  59, 56, 0, 29, 33, 0, 0, 0, 0, 0, 0, 0, 21, 3, 14, 0, 0, 0, 0, 51, 0, 0, 0, 0,
  0, 57, 0, 61, 0, 0, 0, 0, 0, 34, 0, 52, 0, 13, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
  0, 0, 0, 2, 0, 4, 64, 43, 0, 0, 0, 0, 0, 0, 25, 0, 31, 0, 0, 0, 0, 0, 0, 0,
  0, 53, 0, 0, 0, 0, 0, 0, 47, 42, 17, 0, 0, 0, 0, 0, 0, 18, 44, 37, 7, 58, 38, 0,
  0, 0, 19, 0, 24, 0, 0, 0, 11, 0, 0, 0, 48, 0, 0, 6,
]);
export const CODES: usize = memory.data<u64>([
  0x0000000000000000, 0x0000000074616361, 0x0000000000697061, 0x0000000000707061, 0x0000000000007461,
  0x0000006f69647561, 0x0000000076646162, 0x000072656e6e6162, 0x0000000070706162, 0x0000007274746162,
  0x0000000074616362, 0x726f6f6c66646962, 0x9fdeebef72f3716c, 0x0000007461657362, 0x0000006570797462,
  0x0000656c646e7562, 0x6469757265797562, 0x0072656972726163, 0x0000000000746163, 0x0000786174746163,
  0x0000000079746963, 0x79f53efcb2ce7e6b, 0x0000006170706f63, 0x007972746e756f63, 0x0000000000727563,
  0x0000000061746164, 0x000000736c616564, 0x0000656369766564, 0xc1de43728fd9a842, 0x0000000000746e64,
  0x00006e69616d6f64, 0x00000000686f6f64, 0x0000000000747865, 0x000074616d726f66, 0x0000000072706467,
  0x00000000006f6567, 0x0000000000000068, 0x00006f6974617268, 0x0000000000006469, 0x0000000000706d69,
  0x0000006c74736e69, 0x65676175676e616c, 0x0000000000746d6c, 0x00000073656d696d, 0x000065766974616e,
  0x000000000000736f, 0x0000000065676170, 0x0000000000706d70, 0x0000000000736f70, 0x7a9987fe0d01c26f,
  0xb80aeabd7e398045, 0x00006e6f69676572, 0x0000000073676572, 0x0000657275636573, 0x00746e656d676573,
  0x0000000065746973, 0x0000006469676174, 0x0000000074736574, 0x0000000078616d74, 0x882ec64ab7e154c6,
  0x0000000072657375, 0x0000006f65646976, 0x0000000000000077, 0x6e69616d6f646177, 0x000000006e696d77,
  0x00006f6974617277, 0x0000007461657377, 0x000000000070697a,
]);

// Written by generate.mjs. Do not edit. The JSON keys the scanner knows, and their perfect hash.

export const KEY_ACAT: i32 = 1;
export const KEY_API: i32 = 2;
export const KEY_APP: i32 = 3;
export const KEY_ASI: i32 = 4;
export const KEY_ASSETS: i32 = 5;
export const KEY_AT: i32 = 6;
export const KEY_AUDIO: i32 = 7;
export const KEY_BADV: i32 = 8;
export const KEY_BANNER: i32 = 9;
export const KEY_BAPP: i32 = 10;
export const KEY_BATTR: i32 = 11;
export const KEY_BCAT: i32 = 12;
export const KEY_BIDFLOOR: i32 = 13;
export const KEY_BIDFLOORCUR: i32 = 14;
export const KEY_BSEAT: i32 = 15;
export const KEY_BTYPE: i32 = 16;
export const KEY_BUNDLE: i32 = 17;
export const KEY_BUYERUID: i32 = 18;
export const KEY_CARRIER: i32 = 19;
export const KEY_CAT: i32 = 20;
export const KEY_CATTAX: i32 = 21;
export const KEY_CITY: i32 = 22;
export const KEY_COMPANIONAD: i32 = 23;
export const KEY_COMPLETE: i32 = 24;
export const KEY_CONNECTIONTYPE: i32 = 25;
export const KEY_CONSENT: i32 = 26;
export const KEY_COPPA: i32 = 27;
export const KEY_COUNTRY: i32 = 28;
export const KEY_CUR: i32 = 29;
export const KEY_DATA: i32 = 30;
export const KEY_DEALS: i32 = 31;
export const KEY_DEVICE: i32 = 32;
export const KEY_DEVICETYPE: i32 = 33;
export const KEY_DNT: i32 = 34;
export const KEY_DOMAIN: i32 = 35;
export const KEY_DOOH: i32 = 36;
export const KEY_DURFLOORS: i32 = 37;
export const KEY_EVENT: i32 = 38;
export const KEY_EVENTTRACKERS: i32 = 39;
export const KEY_EXT: i32 = 40;
export const KEY_FORMAT: i32 = 41;
export const KEY_GDPR: i32 = 42;
export const KEY_GEO: i32 = 43;
export const KEY_GPP: i32 = 44;
export const KEY_GPP_SID: i32 = 45;
export const KEY_H: i32 = 46;
export const KEY_HMIN: i32 = 47;
export const KEY_HRATIO: i32 = 48;
export const KEY_ID: i32 = 49;
export const KEY_IFA: i32 = 50;
export const KEY_IMG: i32 = 51;
export const KEY_IMP: i32 = 52;
export const KEY_INSTL: i32 = 53;
export const KEY_IP: i32 = 54;
export const KEY_LANGUAGE: i32 = 55;
export const KEY_LEN: i32 = 56;
export const KEY_LINEARITY: i32 = 57;
export const KEY_LMT: i32 = 58;
export const KEY_MAXDUR: i32 = 59;
export const KEY_MAXDURATION: i32 = 60;
export const KEY_MAXSEQ: i32 = 61;
export const KEY_METHODS: i32 = 62;
export const KEY_MIMES: i32 = 63;
export const KEY_MINCPMPERSEC: i32 = 64;
export const KEY_MINDUR: i32 = 65;
export const KEY_MINDURATION: i32 = 66;
export const KEY_MULTIPLIER: i32 = 67;
export const KEY_NATIVE: i32 = 68;
export const KEY_NODES: i32 = 69;
export const KEY_OS: i32 = 70;
export const KEY_PAGE: i32 = 71;
export const KEY_PLACEMENT: i32 = 72;
export const KEY_PLCMT: i32 = 73;
export const KEY_PMP: i32 = 74;
export const KEY_PODDUR: i32 = 75;
export const KEY_PODID: i32 = 76;
export const KEY_POS: i32 = 77;
export const KEY_PREBID: i32 = 78;
export const KEY_PRIVATE_AUCTION: i32 = 79;
export const KEY_PROTOCOL: i32 = 80;
export const KEY_PROTOCOLS: i32 = 81;
export const KEY_PUBLISHER: i32 = 82;
export const KEY_QTY: i32 = 83;
export const KEY_REGION: i32 = 84;
export const KEY_REGS: i32 = 85;
export const KEY_REQUEST: i32 = 86;
export const KEY_REQUIRED: i32 = 87;
export const KEY_RQDDURS: i32 = 88;
export const KEY_RWDD: i32 = 89;
export const KEY_SCHAIN: i32 = 90;
export const KEY_SECURE: i32 = 91;
export const KEY_SEGMENT: i32 = 92;
export const KEY_SID: i32 = 93;
export const KEY_SITE: i32 = 94;
export const KEY_SKIP: i32 = 95;
export const KEY_SOURCE: i32 = 96;
export const KEY_TAGID: i32 = 97;
export const KEY_TEST: i32 = 98;
export const KEY_TITLE: i32 = 99;
export const KEY_TMAX: i32 = 100;
export const KEY_TYPE: i32 = 101;
export const KEY_UA: i32 = 102;
export const KEY_US_PRIVACY: i32 = 103;
export const KEY_USER: i32 = 104;
export const KEY_VIDEO: i32 = 105;
export const KEY_W: i32 = 106;
export const KEY_WADOMAIN: i32 = 107;
export const KEY_WMIN: i32 = 108;
export const KEY_WRATIO: i32 = 109;
export const KEY_WSEAT: i32 = 110;
export const KEY_ZIP: i32 = 111;

/** The key of more than 16 bytes: its number, its length, and its bytes in three words, the last of which end it. */
export const KEY_IS_REWARDED_INVENTORY: i32 = 112;
export const LONG_KEY_BYTES: usize = 21;
export const LONG_KEY_HEAD: u64 = 0x72617765725f7369;
export const LONG_KEY_MIDDLE: u64 = 0x65766e695f646564;
export const LONG_KEY_TAIL: u64 = 0x79726f746e65766e;

/** Number of the key with a code is SLOTS[(code * MULTIPLIER) >> SLOT_SHIFT], if CODES of that number is the code. */
export const MULTIPLIER: u64 = 0xcd4080d1a5ebde7d;
export const SLOT_SHIFT: u64 = 55;
export const SLOTS: usize = memory.data<u8>([
  0, 0, 0, 0, 52, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 105, 0, 0, 0,
  0, 0, 0, 0, 0, 107, 0, 0, 0, 0, 0, 0, 81, 82, 0, 97, 0, 0, 66, 0, 0, 0, 0, 10,
  0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 45, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 0, 20,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 29, 0, 87, 0, 0, 91, 0, 0,
  0, 0, 48, 39, 0, 0, 102, 0, 0, 0, 0, 0, 0, 0, 0, 34, 109, 11, 0, 0, 73, 0, 0, 0,
  0, 13, 0, 0, 27, 0, 22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 98, 0, 90, 0, 12, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 33, 0, 0, 3, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 92, 0,
  0, 0, 0, 49, 46, 0, 0, 0, 56, 0, 0, 0, 0, 0, 0, 54, 62, 106, 0, 67, 31, 0, 0, 0,
  18, 30, 58, 0, 25, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5,
  0, 0, 0, 0, 0, 51, 0, 0, 0, 0, 0, 64, 0, 42, 0, 26, 0, 7, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 1, 0, 0, 0, 0, 68, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0,
  101, 0, 0, 0, 0, 0, 0, 79, 0, 0, 4, 40, 0, 0, 0, 0, 0, 0, 89, 0, 0, 0, 0, 0,
  0, 0, 0, 21, 0, 74, 0, 0, 0, 96, 111, 0, 77, 0, 0, 72, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28, 0, 60, 0, 0, 0, 0, 0, 0, 50, 14, 0, 0,
  37, 0, 0, 23, 0, 83, 0, 0, 95, 0, 0, 0, 19, 69, 0, 0, 80, 0, 99, 0, 94, 0, 0, 0,
  0, 0, 0, 0, 0, 86, 0, 53, 47, 0, 55, 0, 0, 103, 0, 71, 0, 0, 0, 0, 78, 0, 108, 0,
  0, 38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 110, 0, 0, 35, 0, 0, 0, 0,
  0, 75, 0, 0, 0, 0, 85, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 43, 76, 0,
  0, 0, 0, 0, 88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 63, 9, 0, 0, 0, 0, 0, 0, 84, 65, 104, 0, 8, 61, 70, 0, 0, 59, 93, 57, 0,
  0, 0, 0, 0, 15, 0, 0, 6,
]);
export const CODES: usize = memory.data<u64>([
  0x0000000000000000, 0x0000000074616361, 0x0000000000697061, 0x0000000000707061, 0x0000000000697361,
  0x0000737465737361, 0x0000000000007461, 0x0000006f69647561, 0x0000000076646162, 0x000072656e6e6162,
  0x0000000070706162, 0x0000007274746162, 0x0000000074616362, 0x726f6f6c66646962, 0x9fdeebef72f3716c,
  0x0000007461657362, 0x0000006570797462, 0x0000656c646e7562, 0x6469757265797562, 0x0072656972726163,
  0x0000000000746163, 0x0000786174746163, 0x0000000079746963, 0x116f3d8de3e2766f, 0x6574656c706d6f63,
  0x79f53efcb2ce7e6b, 0x00746e65736e6f63, 0x0000006170706f63, 0x007972746e756f63, 0x0000000000727563,
  0x0000000061746164, 0x000000736c616564, 0x0000656369766564, 0xc1de43728fd9a842, 0x0000000000746e64,
  0x00006e69616d6f64, 0x00000000686f6f64, 0x18864b750f4e6341, 0x000000746e657665, 0x2e411b78e4bcd03d,
  0x0000000000747865, 0x000074616d726f66, 0x0000000072706467, 0x00000000006f6567, 0x0000000000707067,
  0x006469735f707067, 0x0000000000000068, 0x000000006e696d68, 0x00006f6974617268, 0x0000000000006469,
  0x0000000000616669, 0x0000000000676d69, 0x0000000000706d69, 0x0000006c74736e69, 0x0000000000007069,
  0x65676175676e616c, 0x00000000006e656c, 0xb52c8b13bb339bb5, 0x0000000000746d6c, 0x000072756478616d,
  0xa9c49945a8e0bc95, 0x000071657378616d, 0x0073646f6874656d, 0x00000073656d696d, 0x4170d02c4ad11c81,
  0x00007275646e696d, 0xac55aa3725d30495, 0x93874a076a21199d, 0x000065766974616e, 0x0000007365646f6e,
  0x000000000000736f, 0x0000000065676170, 0x10cd14345a87445c, 0x000000746d636c70, 0x0000000000706d70,
  0x0000727564646f70, 0x0000006469646f70, 0x0000000000736f70, 0x0000646962657270, 0x7a9987fe0d01c26f,
  0x6c6f636f746f7270, 0x1a94d6144386cc42, 0xb80aeabd7e398045, 0x0000000000797471, 0x00006e6f69676572,
  0x0000000073676572, 0x0074736575716572, 0x6465726975716572, 0x0073727564647172, 0x0000000064647772,
  0x00006e6961686373, 0x0000657275636573, 0x00746e656d676573, 0x0000000000646973, 0x0000000065746973,
  0x0000000070696b73, 0x0000656372756f73, 0x0000006469676174, 0x0000000074736574, 0x000000656c746974,
  0x0000000078616d74, 0x0000000065707974, 0x0000000000006175, 0x882ec64ab7e154c6, 0x0000000072657375,
  0x0000006f65646976, 0x0000000000000077, 0x6e69616d6f646177, 0x000000006e696d77, 0x00006f6974617277,
  0x0000007461657377, 0x000000000070697a,
]);

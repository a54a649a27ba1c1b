// The constants files of this folder (limits, memory_map, model_layout, reasons, generated) and exponential.ts are
// compiled twice: by the AssemblyScript compiler into the module and by tsc into the code around it. These aliases are
// all tsc needs.
declare type i32 = number;
declare type u32 = number;
declare type usize = number;
declare type f64 = number;

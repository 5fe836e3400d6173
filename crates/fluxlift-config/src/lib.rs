//! The live tree: HCL syntax, an evaluator with spans, units and their edges

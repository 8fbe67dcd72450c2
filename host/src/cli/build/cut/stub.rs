//! The module with a function that traps for each that was cut out, under that one's name, so
//! that a trap says what was asked for.

use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Module, NameMap,
    NameSection, TypeSection, ValType,
};

use super::wanted::Types;

/// The functions so far.
#[derive(Default)]
pub(super) struct Stub {
    wanted: Types,
    funcs: Vec<(String, Vec<ValType>, Vec<ValType>)>,
}

impl Stub {
    pub(super) fn new(wanted: Types) -> Self {
        Self { wanted, funcs: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.funcs.is_empty()
    }

    /// Adds a function in the place of a core function, and answers the name of its export.
    pub(super) fn traps(&mut self, core_func: u32, name: &str) -> String {
        let export = self.funcs.len().to_string();
        // What no module imports may have any type.
        let ty = self.wanted.get(&core_func);
        let plain = |types: &[wasmparser::ValType]| types.iter().map(plain).collect();
        let params = ty.map(|ty| plain(ty.params())).unwrap_or_default();
        let results = ty.map(|ty| plain(ty.results())).unwrap_or_default();
        self.funcs.push((name.to_owned(), params, results));
        export
    }

    pub(super) fn module(&self) -> Module {
        let (mut types, mut functions) = (TypeSection::new(), FunctionSection::new());
        let (mut exports, mut code) = (ExportSection::new(), CodeSection::new());
        let mut names = NameMap::new();
        for (at, (name, params, results)) in (0..).zip(&self.funcs) {
            types.ty().function(params.iter().copied(), results.iter().copied());
            functions.function(at);
            exports.export(&at.to_string(), ExportKind::Func, at);
            let mut body = Function::new([]);
            body.instructions().unreachable().end();
            code.function(&body);
            names.append(at, name);
        }
        let mut name_section = NameSection::new();
        name_section.functions(&names);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&exports).section(&code);
        module.section(&name_section);
        module
    }
}

/// The contract's functions have numbers and nothing else.
fn plain(ty: &wasmparser::ValType) -> ValType {
    match ty {
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        _ => ValType::I32,
    }
}

//! Which type each core function must have: the one that the module which imports it says.

use std::collections::HashMap;

use anyhow::Context as _;
use wasmparser::{ExternalKind, FuncType, Instance, Parser, Payload, TypeRef};

use super::sections::{CORE_MODULE, Section};

/// The types of core functions, by their number.
pub(super) type Types = HashMap<u32, FuncType>;

/// What a module imports: module, name, type.
type Imports = HashMap<(String, String), FuncType>;

/// The types of all core functions that are handed to a module as they are.
pub(super) fn types(sections: &[Section<'_>]) -> anyhow::Result<Types> {
    let mut modules: Vec<Imports> = Vec::new();
    let mut bundles: Vec<Vec<(&str, u32)>> = Vec::new();
    let mut types = Types::new();
    for section in sections {
        match section {
            Section::Other { id: CORE_MODULE, content } => modules.push(imports(content)?),
            Section::CoreInstances(instances) => {
                for instance in instances {
                    let bundle = match instance {
                        Instance::FromExports(exports) => {
                            let funcs = exports.iter().filter(|e| e.kind == ExternalKind::Func);
                            funcs.map(|export| (export.name, export.index)).collect()
                        }
                        Instance::Instantiate { module_index, args } => {
                            let module = modules.get(*module_index as usize);
                            let module = module.context("an instance of no module")?;
                            for arg in args {
                                let bundle = bundles.get(arg.index as usize);
                                for (name, func) in bundle.into_iter().flatten() {
                                    let key = (arg.name.to_owned(), (*name).to_owned());
                                    if let Some(ty) = module.get(&key) {
                                        types.insert(*func, ty.clone());
                                    }
                                }
                            }
                            Vec::new()
                        }
                    };
                    bundles.push(bundle);
                }
            }
            _ => {}
        }
    }
    Ok(types)
}

fn imports(module: &[u8]) -> anyhow::Result<Imports> {
    let mut types: Vec<Option<FuncType>> = Vec::new();
    let mut found = Imports::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(Some(ty?));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let TypeRef::Func(ty) = import.ty else { continue };
                    if let Some(Some(ty)) = types.get(ty as usize) {
                        found.insert((import.module.into(), import.name.into()), ty.clone());
                    }
                }
                break;
            }
            _ => {}
        }
    }
    Ok(found)
}

//! Cuts files and sockets out of a component whose C library imports them, as Python's does,
//! whatever the connector does: what is released imports neither.
//!
//! Each of their imports becomes an empty instance of the component's own, each of their functions
//! one that traps under its name, and the list of directories that are open from the beginning
//! becomes the environment, which is as empty. Everything else stays as it was, byte for byte, but
//! for the numbers of modules and instances behind the one that is put before them.

mod sections;
mod stub;
mod wanted;

use anyhow::{Context as _, bail};
use wasm_encoder::{
    Alias, Component, ComponentAliasSection, ComponentExportKind, ComponentInstanceSection,
    ComponentTypeSection, ExportKind, InstanceSection, ModuleArg, ModuleSection, RawSection,
    ValType,
};
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentTypeRef, ExternalKind,
    Instance,
};

use self::{sections::Section, stub::Stub};

/// The packages that are cut out.
const CUT: [&str; 2] = ["wasi:filesystem/", "wasi:sockets/"];
/// Their resources; every other type of theirs is a plain value.
const RESOURCES: [&str; 8] = [
    "descriptor",
    "directory-entry-stream",
    "network",
    "tcp-socket",
    "udp-socket",
    "incoming-datagram-stream",
    "outgoing-datagram-stream",
    "resolve-address-stream",
];
/// What lists the directories that are open from the beginning, and what lists as little.
const DIRECTORIES: &str = "get-directories";
const ENVIRONMENT: (&str, &str) = ("wasi:cli/environment", "get-environment");

/// A function of the component that the walk has come by.
#[derive(Debug, Clone)]
enum Func {
    Kept,
    /// One that is cut out, by its full name.
    Cut(String),
}

/// What the walk knows of the numbers that the component uses.
#[derive(Default)]
struct Walk<'a> {
    /// The instances, with their name where they are cut out.
    instances: Vec<Option<&'a str>>,
    /// The instance of the environment.
    environment: Option<u32>,
    funcs: Vec<Func>,
    /// How many core functions there are by now.
    core_funcs: u32,
    stub: Stub,
}

/// A component that imports neither; the same bytes if it did not.
pub(super) fn files_and_sockets(component: &[u8]) -> anyhow::Result<Vec<u8>> {
    let sections = sections::of(component)?;
    let mut walk = Walk { stub: Stub::new(wanted::types(&sections)?), ..Walk::default() };
    // The functions that trap come first, and which they are is known last.
    let mut rest = Component::new();
    for section in &sections {
        walk.section(section, &mut rest)?;
    }
    if walk.stub.is_empty() {
        return Ok(component.to_vec());
    }
    let mut cut = Component::new();
    cut.section(&ModuleSection(&walk.stub.module()));
    cut.section(InstanceSection::new().instantiate(0, std::iter::empty::<(&str, ModuleArg)>()));
    let mut bytes = cut.finish();
    // Without the eight bytes with which every component begins.
    bytes.extend_from_slice(&rest.finish()[8..]);
    Ok(bytes)
}

impl<'a> Walk<'a> {
    fn section(&mut self, section: &Section<'a>, to: &mut Component) -> anyhow::Result<()> {
        match section {
            Section::Imports(imports) => {
                for (import, raw) in imports {
                    let name = import.name.name;
                    match import.ty {
                        ComponentTypeRef::Instance(_) if is_cut(name) => {
                            self.instances.push(Some(name));
                            to.section(ComponentInstanceSection::new().export_items(
                                std::iter::empty::<(&str, ComponentExportKind, u32)>(),
                            ));
                            continue;
                        }
                        ComponentTypeRef::Instance(_) => {
                            if name.starts_with(ENVIRONMENT.0) {
                                self.environment = u32::try_from(self.instances.len()).ok();
                            }
                            self.instances.push(None);
                        }
                        ComponentTypeRef::Func(_) => self.funcs.push(Func::Kept),
                        _ => {}
                    }
                    raw.copy(to);
                }
            }
            Section::Instances(instances) => {
                for raw in instances {
                    self.instances.push(None);
                    raw.copy(to);
                }
            }
            Section::Aliases(aliases) => {
                for (alias, raw) in aliases {
                    self.alias(alias, to, |to| raw.copy(to))?;
                }
            }
            Section::Canonicals(functions) => {
                for (function, raw) in functions {
                    self.canonical(function, to, |to| raw.copy(to));
                }
            }
            Section::CoreInstances(instances) => {
                instances.iter().for_each(|instance| core_instance(instance, to));
            }
            Section::Other { id, content } => {
                to.section(&RawSection { id: *id, data: content });
            }
        }
        Ok(())
    }

    fn alias(
        &mut self,
        alias: &ComponentAlias<'a>,
        to: &mut Component,
        copy: impl FnOnce(&mut Component),
    ) -> anyhow::Result<()> {
        match *alias {
            ComponentAlias::InstanceExport { kind, instance_index, name } => {
                let from = self.instances.get(instance_index as usize).copied().flatten();
                match (kind, from) {
                    (ComponentExternalKind::Func, Some(from)) => {
                        let cut = (name != DIRECTORIES).then(|| format!("{from}#{name}"));
                        self.funcs.push(cut.map_or(Func::Kept, Func::Cut));
                        self.as_the_environment(to)?;
                    }
                    (ComponentExternalKind::Type, Some(_)) => {
                        let mut types = ComponentTypeSection::new();
                        if RESOURCES.contains(&name) {
                            types.resource(ValType::I32, None);
                        } else {
                            types.defined_type().enum_type(["cut"]);
                        }
                        to.section(&types);
                    }
                    (_, Some(from)) => bail!("`{from}` exports what no instance of it does"),
                    (kind, None) => {
                        match kind {
                            ComponentExternalKind::Func => self.funcs.push(Func::Kept),
                            ComponentExternalKind::Instance => self.instances.push(None),
                            _ => {}
                        }
                        copy(to);
                    }
                }
            }
            ComponentAlias::CoreInstanceExport { kind, instance_index, name } => {
                self.core_funcs += u32::from(kind == ExternalKind::Func);
                core_alias(instance_index + 1, kind, name, to);
            }
            ComponentAlias::Outer { .. } => copy(to),
        }
        Ok(())
    }

    /// Puts a function that is kept in the place of one that is cut out, so that all others keep
    /// their numbers.
    fn as_the_environment(&self, to: &mut Component) -> anyhow::Result<()> {
        let instance = self.environment.context("it imports files, and no environment")?;
        let kind = ComponentExportKind::Func;
        let name = ENVIRONMENT.1;
        to.section(ComponentAliasSection::new().alias(Alias::InstanceExport {
            instance,
            kind,
            name,
        }));
        Ok(())
    }

    fn canonical(
        &mut self,
        function: &CanonicalFunction,
        to: &mut Component,
        copy: impl FnOnce(&mut Component),
    ) {
        match function {
            CanonicalFunction::Lift { .. } => {
                self.funcs.push(Func::Kept);
                return copy(to);
            }
            CanonicalFunction::Lower { func_index, .. } => {
                if let Some(Func::Cut(name)) = self.funcs.get(*func_index as usize) {
                    let export = self.stub.traps(self.core_funcs, name);
                    to.section(ComponentAliasSection::new().alias(Alias::CoreInstanceExport {
                        instance: 0,
                        kind: ExportKind::Func,
                        name: &export,
                    }));
                } else {
                    copy(to);
                }
            }
            _ => copy(to),
        }
        self.core_funcs += 1;
    }
}

/// The same instance, behind the one that was put before it.
fn core_instance(instance: &Instance<'_>, to: &mut Component) {
    let mut section = InstanceSection::new();
    match instance {
        Instance::Instantiate { module_index, args } => {
            let args = args.iter().map(|arg| (arg.name, ModuleArg::Instance(arg.index + 1)));
            section.instantiate(module_index + 1, args);
        }
        Instance::FromExports(exports) => {
            let exports = exports.iter();
            section.export_items(exports.map(|e| (e.name, export_kind(e.kind), e.index)));
        }
    }
    to.section(&section);
}

fn core_alias(instance: u32, kind: ExternalKind, name: &str, to: &mut Component) {
    let alias = Alias::CoreInstanceExport { instance, kind: export_kind(kind), name };
    to.section(ComponentAliasSection::new().alias(alias));
}

fn export_kind(kind: ExternalKind) -> ExportKind {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
        ExternalKind::Table => ExportKind::Table,
        ExternalKind::Memory => ExportKind::Memory,
        ExternalKind::Global => ExportKind::Global,
        ExternalKind::Tag => ExportKind::Tag,
    }
}

fn is_cut(name: &str) -> bool {
    CUT.iter().any(|package| name.starts_with(package))
}

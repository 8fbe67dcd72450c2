//! A component taken apart, as far as cutting it needs: its sections in order, and in some of
//! them each item with its bytes.

use wasm_encoder::{Component, ComponentSection, Encode, RawSection};
use wasmparser::{
    BinaryReader, BinaryReaderError, CanonicalFunction, ComponentAlias, ComponentImport,
    ComponentInstance, FromReader, Instance, SectionLimited,
};

/// The bytes with which a component begins.
const HEADER_BYTES: usize = 8;

/// One section.
pub(super) enum Section<'a> {
    Imports(Vec<(ComponentImport<'a>, Raw<'a>)>),
    Instances(Vec<Raw<'a>>),
    Aliases(Vec<(ComponentAlias<'a>, Raw<'a>)>),
    Canonicals(Vec<(CanonicalFunction, Raw<'a>)>),
    CoreInstances(Vec<Instance<'a>>),
    /// Any other; names are left out, since their numbers would be wrong.
    Other {
        id: u8,
        content: &'a [u8],
    },
}

/// The numbers of sections of components.
pub(super) const CORE_MODULE: u8 = 1;
const CUSTOM: u8 = 0;
const CORE_INSTANCE: u8 = 2;
const INSTANCE: u8 = 5;
const ALIAS: u8 = 6;
const CANONICAL: u8 = 8;
const IMPORT: u8 = 10;

/// One item of a section.
pub(super) struct Raw<'a> {
    id: u8,
    bytes: &'a [u8],
}

impl Raw<'_> {
    /// Writes it as a section of its own.
    pub(super) fn copy(&self, to: &mut Component) {
        to.section(self);
    }
}

impl Encode for Raw<'_> {
    fn encode(&self, sink: &mut Vec<u8>) {
        let mut content = vec![1];
        content.extend_from_slice(self.bytes);
        RawSection { id: self.id, data: &content }.encode(sink);
    }
}

impl ComponentSection for Raw<'_> {
    fn id(&self) -> u8 {
        self.id
    }
}

/// The sections of a component.
pub(super) fn of(component: &[u8]) -> Result<Vec<Section<'_>>, BinaryReaderError> {
    let mut reader = BinaryReader::new(component, 0);
    reader.read_bytes(HEADER_BYTES)?;
    let mut sections = Vec::new();
    while !reader.eof() {
        let id = reader.read_u8()?;
        let bytes = reader.read_var_u32()? as usize;
        let content = reader.read_bytes(bytes)?;
        let is_names = id == CUSTOM
            && BinaryReader::new(content, 0).read_string().is_ok_and(|n| n == "component-name");
        if is_names {
            continue;
        }
        sections.push(match id {
            IMPORT => Section::Imports(items(id, content)?),
            INSTANCE => {
                let items = items::<ComponentInstance<'_>>(id, content)?;
                Section::Instances(items.into_iter().map(|(_, raw)| raw).collect())
            }
            ALIAS => Section::Aliases(items(id, content)?),
            CANONICAL => Section::Canonicals(items(id, content)?),
            CORE_INSTANCE => {
                let items = items(id, content)?;
                Section::CoreInstances(items.into_iter().map(|(item, _)| item).collect())
            }
            _ => Section::Other { id, content },
        });
    }
    Ok(sections)
}

/// The items of a section, each with its bytes.
fn items<'a, T: FromReader<'a>>(
    id: u8,
    content: &'a [u8],
) -> Result<Vec<(T, Raw<'a>)>, BinaryReaderError> {
    let reader = SectionLimited::<T>::new(BinaryReader::new(content, 0))?;
    let mut items = Vec::new();
    for item in reader.into_iter_with_offsets() {
        items.push(item?);
    }
    let ends = items.iter().skip(1).map(|(at, _)| *at).chain([content.len()]);
    let ends: Vec<usize> = ends.collect();
    Ok(items
        .into_iter()
        .zip(ends)
        .map(|((at, item), end)| (item, Raw { id, bytes: &content[at..end] }))
        .collect())
}

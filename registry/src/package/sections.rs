//! A component taken apart into its sections, one level deep, and put together again.
//!
//! Owns the names of the sections that are ours. Promises to look at the top level only: what a
//! nested component carries under our names means nothing. Never validates.

use std::ops::Range;

use wasm_encoder::{CustomSection, Encode as _};
use wasmparser::{
    BinaryReader, ComponentExportSectionReader, ComponentExternalKind,
    ComponentImportSectionReader, Parser,
};

use super::{
    PackageError, RELEASE_BYTES_MAX, SIGNATURE_SECTION, contract::CONTRACT_VERSION, error::invalid,
};

/// The custom section that holds the manifest, as the text of `connector.toml`.
pub const MANIFEST_SECTION: &str = "jackfield:manifest";
/// The custom section that holds the version of the contract, as text.
pub const CONTRACT_SECTION: &str = "jackfield:contract";

/// The magic number, version and layer before the first section.
const HEADER_BYTES: usize = 8;
// Ids of sections: component-model, design/mvp/Binary.md, "Component Definitions".
const CUSTOM: u8 = 0;
const IMPORTS: u8 = 10;
const EXPORTS: u8 = 11;

/// Something that a component imports or exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Such as `jackfield:connector/http@0.1.0`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What an import or export is; the contract is made of instances only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The functions and types of an interface.
    Instance,
    /// A function, type, value, module or component that stands alone.
    Bare,
}

/// The section of the signature, wherever it stands.
#[derive(Debug, Clone)]
pub(super) struct SignatureAt<'a> {
    /// All of the section in the file, its id and size included.
    pub(super) range: Range<usize>,
    pub(super) data: &'a [u8],
}

/// What is at the top level of a release.
pub(super) struct Sections<'a> {
    pub(super) manifest: Option<&'a [u8]>,
    pub(super) contract: Option<&'a [u8]>,
    pub(super) signature: Option<SignatureAt<'a>>,
    pub(super) imports: Vec<Item>,
    pub(super) exports: Vec<Item>,
    /// The component without our sections: where it stands in the file, in order.
    pub(super) code: Vec<Range<usize>>,
}

/// One section.
struct Section<'a> {
    id: u8,
    /// All of it in the file, its id and size included.
    range: Range<usize>,
    content: &'a [u8],
    /// Where the content begins in the file.
    content_at: usize,
}

/// Tells a component from everything else by its first bytes.
pub(super) fn expect_component(bytes: &[u8]) -> Result<(), PackageError> {
    if bytes.len() > RELEASE_BYTES_MAX {
        return Err(PackageError::TooLarge { bytes: bytes.len() });
    }
    if Parser::is_component(bytes) {
        return Ok(());
    }
    let begins_as_text = |bytes: &[u8]| {
        let text = bytes.trim_ascii_start();
        text.starts_with(b"(") || text.starts_with(b";;")
    };
    Err(match bytes {
        [] => PackageError::Empty,
        _ if Parser::is_core_wasm(bytes) => PackageError::CoreModule,
        _ if begins_as_text(bytes) => PackageError::Text,
        _ => PackageError::Foreign,
    })
}

impl<'a> Sections<'a> {
    /// Takes a component apart.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, PackageError> {
        let mut this = Self {
            manifest: None,
            contract: None,
            signature: None,
            imports: Vec::new(),
            exports: Vec::new(),
            code: Vec::new(),
        };
        this.keep(0..HEADER_BYTES);
        let mut reader = body(bytes);
        while let Some(section) = next(&mut reader).map_err(|error| invalid(&error))? {
            let ours = this.take(&section).map_err(|error| invalid(&error))?;
            let is_second = match ours {
                Some((MANIFEST_SECTION, data)) => this.manifest.replace(data).is_some(),
                Some((SIGNATURE_SECTION, data)) => {
                    let at = SignatureAt { range: section.range, data };
                    this.signature.replace(at).is_some()
                }
                Some((_, data)) => this.contract.replace(data).is_some(),
                None => {
                    this.keep(section.range);
                    false
                }
            };
            if let (true, Some((name, _))) = (is_second, ours) {
                return Err(PackageError::Repeated(name));
            }
        }
        Ok(this)
    }

    /// Counts a range of the file to the code.
    fn keep(&mut self, range: Range<usize>) {
        match self.code.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.code.push(range),
        }
    }

    /// Notes what a section imports or exports; answers its data if it is one of ours.
    fn take(
        &mut self,
        section: &Section<'a>,
    ) -> Result<Option<(&'static str, &'a [u8])>, wasmparser::Error> {
        let reader = BinaryReader::new(section.content, section.content_at);
        match section.id {
            IMPORTS => {
                for import in ComponentImportSectionReader::new(reader)? {
                    let import = import?;
                    self.imports.push(item(import.name.name, import.ty.kind()));
                }
            }
            EXPORTS => {
                for export in ComponentExportSectionReader::new(reader)? {
                    let export = export?;
                    self.exports.push(item(export.name.name, export.kind));
                }
            }
            CUSTOM => return ours(section),
            _ => {}
        }
        Ok(None)
    }
}

/// Makes a release of a component: puts the manifest and the version of the contract in, in the
/// place of those that are there. A signature is dropped: what is signed anew must be signed by
/// [`super::sign`]. The manifest is taken as it is; [`super::Release::read`] judges the whole.
///
/// # Errors
/// If it is not a component, is cut off, or becomes too large.
pub fn embed(component: &[u8], manifest_text: &str) -> Result<Vec<u8>, PackageError> {
    expect_component(component)?;
    let mut release = component[..HEADER_BYTES].to_vec();
    let mut reader = body(component);
    while let Some(section) = next(&mut reader).map_err(|error| invalid(&error))? {
        if ours(&section).map_err(|error| invalid(&error))?.is_none() {
            release.extend_from_slice(&component[section.range]);
        }
    }
    append(&mut release, CONTRACT_SECTION, CONTRACT_VERSION.as_bytes());
    append(&mut release, MANIFEST_SECTION, manifest_text.as_bytes());
    expect_size(release)
}

/// Puts a section at the end.
pub(super) fn append(release: &mut Vec<u8>, name: &str, data: &[u8]) {
    release.push(CUSTOM);
    CustomSection { name: name.into(), data: data.into() }.encode(release);
}

/// Refuses a file over the bound.
pub(super) fn expect_size(release: Vec<u8>) -> Result<Vec<u8>, PackageError> {
    match release.len() {
        bytes if bytes > RELEASE_BYTES_MAX => Err(PackageError::TooLarge { bytes }),
        _ => Ok(release),
    }
}

/// A reader of the sections after the header.
fn body(bytes: &[u8]) -> BinaryReader<'_> {
    BinaryReader::new(&bytes[HEADER_BYTES..], HEADER_BYTES)
}

/// The next section, if there is one. They are not collected: a file can have one in every
/// three bytes.
fn next<'a>(reader: &mut BinaryReader<'a>) -> Result<Option<Section<'a>>, wasmparser::Error> {
    if reader.eof() {
        return Ok(None);
    }
    let start = reader.original_position();
    let id = reader.read_u8()?;
    let content_bytes = reader.read_var_u32()?;
    let content_at = reader.original_position();
    // A u32 fits into a usize wherever this is compiled for.
    let content = reader.read_bytes(content_bytes as usize)?;
    let range = start..reader.original_position();
    Ok(Some(Section { id, range, content, content_at }))
}

/// The name and the data of a section, if it is one of ours.
fn ours<'a>(section: &Section<'a>) -> Result<Option<(&'static str, &'a [u8])>, wasmparser::Error> {
    if section.id != CUSTOM {
        return Ok(None);
    }
    let mut reader = BinaryReader::new(section.content, section.content_at);
    let name = reader.read_string()?;
    let data = reader.read_bytes(reader.bytes_remaining())?;
    let known = [MANIFEST_SECTION, CONTRACT_SECTION, SIGNATURE_SECTION];
    let known = known.into_iter().find(|ours| *ours == name);
    Ok(known.map(|name| (name, data)))
}

fn item(name: &str, kind: ComponentExternalKind) -> Item {
    let kind = match kind {
        ComponentExternalKind::Instance => Kind::Instance,
        _ => Kind::Bare,
    };
    Item { name: name.into(), kind }
}

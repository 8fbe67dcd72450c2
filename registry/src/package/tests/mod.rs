//! What is taken for a release, and what is not.

mod signature;

use proptest::prelude::*;

use super::*;

/// A manifest that needs no exports.
const MANIFEST: &str = "[connector]\nid = \"demo\"\nversion = \"1.2.3\"\ntitle = \"Demo\"\n\
                        vendor = \"Demo\"\ncategory = \"other\"\n";

const ACTION: &str =
    "[actions.\"thing.make\"]\ntitle = \"Make\"\nidempotency = { kind = \"none\" }\n";

/// A component that imports and exports empty interfaces of these names.
fn component(imports: &[&str], exports: &[&str]) -> Vec<u8> {
    let mut text = String::from("(component\n");
    for name in imports {
        text += &format!("(import \"{name}\" (instance))\n");
    }
    for (index, name) in exports.iter().enumerate() {
        text += &format!("(instance $e{index})\n(export \"{name}\" (instance $e{index}))\n");
    }
    wat::parse_str(text + ")").unwrap()
}

fn release(imports: &[&str], exports: &[&str], manifest: &str) -> Result<Release, PackageError> {
    Release::read(embed(&component(imports, exports), manifest)?)
}

fn custom(bytes: &mut Vec<u8>, name: &str, data: &[u8]) {
    use wasm_encoder::Encode as _;
    bytes.push(0);
    wasm_encoder::CustomSection { name: name.into(), data: data.into() }.encode(bytes);
}

fn refusal(bytes: impl Into<Vec<u8>>) -> String {
    Release::read(bytes).unwrap_err().to_string()
}

#[test]
fn what_is_embedded_is_read_back() {
    let code = component(&["jackfield:connector/http@0.1.0"], &[]);
    let release = Release::read(embed(&code, MANIFEST).unwrap()).unwrap();
    assert_eq!(release.manifest().connector.id, "demo");
    assert_eq!(release.code(), code, "the code is the component as it was");
    assert_eq!(release.digest(), Digest::of(release.bytes()));
    assert_eq!(release.code_digest(), Digest::of(&code));
    let http = Item { name: "jackfield:connector/http@0.1.0".into(), kind: Kind::Instance };
    assert_eq!(release.imports(), [http]);
    assert!(release.exports().is_empty());
}

#[test]
fn another_manifest_over_the_same_code_shares_the_compiled_code() {
    let code = component(&[], &[]);
    let first = Release::read(embed(&code, MANIFEST).unwrap()).unwrap();
    let manifest = MANIFEST.replace("1.2.3", "1.2.4");
    // From the release, not from the component: the old manifest has to go.
    let second = Release::read(embed(first.bytes(), &manifest).unwrap()).unwrap();
    assert_eq!(second.manifest().connector.version, "1.2.4");
    assert_ne!(first.digest(), second.digest());
    assert_eq!(first.code_digest(), second.code_digest());
    assert_eq!(embed(second.bytes(), MANIFEST).unwrap(), first.bytes());
}

#[test]
fn sections_of_others_stay_where_they_are() {
    let mut code = component(&[], &[]);
    custom(&mut code, "producers-of-mine", b"data");
    let release = Release::read(embed(&code, MANIFEST).unwrap()).unwrap();
    assert_eq!(release.code(), code);
}

#[test]
fn what_is_no_component_is_told_what_it_is() {
    insta::assert_snapshot!(refusal([]), @"the file is empty");
    insta::assert_snapshot!(refusal(wat::parse_str("(module)").unwrap()), @r"
    the file is a core module, not a component
      hint: build it for `wasm32-wasip2`, or make a component of it with `jackfield connector build`
    ");
    insta::assert_snapshot!(refusal(*b" \n(component)"), @r"
    the file is WebAssembly as text, not a component
      hint: compile the text first
    ");
    insta::assert_snapshot!(
        refusal(*b"MZ\x90\0"),
        @"the file is not WebAssembly: it does not begin as a component does"
    );
    assert!(embed(&wat::parse_str("(module)").unwrap(), MANIFEST).is_err());
}

#[test]
fn a_component_that_was_never_built_as_a_connector_is_told_how() {
    let mut code = component(&[], &[]);
    insta::assert_snapshot!(refusal(code.clone()), @r"
    the component has no manifest in it (section `jackfield:manifest`)
      hint: `jackfield connector build` puts `connector.toml` in
    ");
    custom(&mut code, MANIFEST_SECTION, MANIFEST.as_bytes());
    insta::assert_snapshot!(refusal(code), @r"
    the component does not say which contract it is made for (section `jackfield:contract`)
      hint: `jackfield connector build` puts that in
    ");
}

#[test]
fn a_release_for_another_contract_is_refused() {
    for version in ["0.2.0", "1.1.0", "0.1.0-rc.1", "0.1", "", "\u{1b}[31m", &"0".repeat(100_000)] {
        let mut bytes = component(&[], &[]);
        custom(&mut bytes, MANIFEST_SECTION, MANIFEST.as_bytes());
        custom(&mut bytes, CONTRACT_SECTION, version.as_bytes());
        let said = refusal(bytes);
        assert!(said.starts_with("the component is made for the contract `"), "{said}");
        assert!(said.len() < 300 && !said.contains('\u{1b}'), "{said}");
    }
}

#[test]
fn two_manifests_are_one_too_many() {
    for name in [MANIFEST_SECTION, CONTRACT_SECTION] {
        let mut bytes = embed(&component(&[], &[]), MANIFEST).unwrap();
        custom(&mut bytes, name, b"0.1.0");
        let said = refusal(bytes);
        assert!(
            said.starts_with(&format!("the component has several sections `{name}`")),
            "{said}"
        );
    }
}

#[test]
fn a_manifest_inside_a_nested_component_means_nothing() {
    let inner = embed(&component(&[], &[]), MANIFEST).unwrap();
    let mut outer = wasm_encoder::Component::new();
    outer.section(&wasm_encoder::RawSection {
        id: wasm_encoder::ComponentSectionId::Component.into(),
        data: &inner,
    });
    let outer = outer.finish();
    assert!(matches!(Release::read(outer.clone()), Err(PackageError::NoManifest)));
    let manifest = MANIFEST.replace("demo", "outer");
    let release = Release::read(embed(&outer, &manifest).unwrap()).unwrap();
    assert_eq!(release.manifest().connector.id, "outer");
    assert_eq!(release.code(), outer);
}

#[test]
fn the_mistakes_of_the_manifest_are_told_with_their_lines() {
    let said = release(&[], &[], &MANIFEST.replace("other", "othr")).unwrap_err().to_string();
    assert!(said.starts_with("connector.toml:6:12: unknown category `othr`"), "{said}");
    let mut bytes = component(&[], &[]);
    custom(&mut bytes, CONTRACT_SECTION, b"0.1.0");
    custom(&mut bytes, MANIFEST_SECTION, b"# caf\xe9");
    let said = refusal(bytes);
    assert!(said.starts_with("the manifest is not UTF-8 (from byte 5 of it)"), "{said}");
}

#[test]
fn what_the_manifest_declares_the_component_must_export() {
    let webhook =
        "[webhook.verify]\nkind = \"component\"\n[events.\"thing.made\"]\ntitle = \"Made\"\n";
    let manifest = format!("{MANIFEST}{ACTION}{webhook}");
    insta::assert_snapshot!(release(&[], &[], &manifest).unwrap_err(), @r#"
    the manifest has `[actions]`, and the component does not export `jackfield:connector/actions@0.1.0`
      hint: export it from the component, or take `[actions]` out of the manifest
    the manifest has `[webhook]`, and the component does not export `jackfield:connector/webhooks@0.1.0`
      hint: export it from the component, or take `[webhook]` out of the manifest
    the manifest has `kind = "component"` in `[webhook.verify]`, and the component does not export `jackfield:connector/authenticator@0.1.0`
      hint: export it from the component, or take `kind = "component"` in `[webhook.verify]` out of the manifest
    the manifest has `[events]`, and the component does not export `jackfield:connector/webhooks@0.1.0` or `jackfield:connector/records@0.1.0`
      hint: export it from the component, or take `[events]` out of the manifest
    "#);
    let exports = ["actions@0.1.0", "webhooks@0.1.3", "authenticator@0.1.0"];
    let exports = exports.map(|name| format!("jackfield:connector/{name}"));
    let release = release(&[], &exports.each_ref().map(String::as_str), &manifest).unwrap();
    let roles: Vec<_> = release.roles().iter().copied().collect();
    assert_eq!(roles, [Role::Webhooks, Role::Authenticator, Role::Actions]);
}

#[test]
fn an_export_of_another_version_is_no_role() {
    let manifest = format!("{MANIFEST}{ACTION}");
    for name in ["jackfield:connector/actions@0.2.0", "other:connector/actions@0.1.0"] {
        let error = release(&[], &[name], &manifest).unwrap_err();
        assert!(matches!(error, PackageError::Unfilled(_)), "{name}: {error}");
    }
}

#[test]
fn a_component_may_export_more_than_its_manifest_uses() {
    let release = release(&[], &["jackfield:connector/account@0.1.0"], MANIFEST).unwrap();
    assert!(release.roles().contains(&Role::Account));
}

#[test]
fn imports_of_the_contract_are_offered() {
    let offered = [
        "jackfield:connector/types@0.1.0",
        "jackfield:connector/log@0.1.9",
        "wasi:cli/environment@0.2.0",
        "wasi:cli/terminal-stderr@0.2.6",
        "wasi:io/streams@0.2.3",
        "wasi:clocks/monotonic-clock@0.2.3",
        "wasi:random/insecure-seed@0.2.3",
        "wasi:http/types@0.2.10",
        "wasi:http/outgoing-handler@0.2.10",
    ];
    let release = release(&offered, &[], MANIFEST).unwrap();
    assert_eq!(release.imports_beyond_contract(), [""; 0]);
}

#[test]
fn imports_beyond_the_contract_are_named() {
    let beyond = [
        "wasi:filesystem/types@0.2.3",
        "wasi:sockets/tcp@0.2.3",
        "wasi:http/incoming-handler@0.2.3",
        "wasi:cli/run@0.2.3",
        "wasi:cli/stdin@0.3.0",
        "wasi:cli/stdin",
        "jackfield:connector/http@0.2.0",
        "jackfield:connector/webhooks@0.1.0",
        "jackfield:connectors/http@0.1.0",
    ];
    let release = release(&beyond, &[], MANIFEST).unwrap();
    assert_eq!(release.imports_beyond_contract(), beyond);
}

#[test]
fn a_bare_function_is_beyond_the_contract() {
    let text =
        "(component (import \"now\" (func)) (import \"jackfield:connector/log@0.1.0\" (func)))";
    let code = wat::parse_str(text).unwrap();
    let release = Release::read(embed(&code, MANIFEST).unwrap()).unwrap();
    assert_eq!(
        release.imports_beyond_contract(),
        ["now", "jackfield:connector/log@0.1.0"],
        "an interface's name does not make an interface"
    );
}

#[test]
fn a_component_that_breaks_the_rules_is_refused_with_the_place() {
    let mut bytes = embed(&component(&[], &[]), MANIFEST).unwrap();
    let at = bytes.len();
    bytes.extend([99, 0]);
    let Err(PackageError::Invalid { at_byte, .. }) = Release::read(bytes) else {
        panic!("a section that does not exist is no part of a component");
    };
    assert!(at_byte >= at);
}

#[test]
fn a_file_over_the_bound_is_refused_unread() {
    let mut bytes = component(&[], &[]);
    bytes.resize(RELEASE_BYTES_MAX + 1, 0);
    assert!(matches!(Release::read(bytes), Err(PackageError::TooLarge { .. })));
    let manifest = "x".repeat(RELEASE_BYTES_MAX);
    let embedded = embed(&component(&[], &[]), &manifest);
    assert!(matches!(embedded, Err(PackageError::TooLarge { .. })));
}

#[test]
fn a_release_cut_short_anywhere_is_refused() {
    let whole = embed(&component(&["wasi:io/error@0.2.0"], &[]), MANIFEST).unwrap();
    for end in 0..whole.len() {
        assert!(Release::read(&whole[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_thousand_components_within_each_other_are_survived() {
    let mut bytes = component(&[], &[]);
    for _ in 0..1000 {
        let mut outer = wasm_encoder::Component::new();
        outer.section(&wasm_encoder::RawSection {
            id: wasm_encoder::ComponentSectionId::Component.into(),
            data: &bytes,
        });
        bytes = outer.finish();
    }
    let nested = embed(&bytes, MANIFEST).unwrap();
    // What the validator makes of it is its own affair, as long as it comes back.
    if let Ok(release) = Release::read(nested) {
        assert_eq!(release.code(), bytes);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let header = &component(&[], &[])[..8];
        prop_assert!(Release::read(tail.clone()).is_err());
        let _ = Release::read([header, &tail].concat());
        let _ = embed(&[header, &tail].concat(), MANIFEST);
    }

    #[test]
    fn a_flipped_bit_changes_the_name_or_is_refused(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let exports = ["jackfield:connector/actions@0.1.0"];
        let whole = embed(&component(&[], &exports), &format!("{MANIFEST}{ACTION}")).unwrap();
        let mut flipped = whole.clone();
        flipped[at.index(whole.len())] ^= 1 << bit;
        if let Ok(release) = Release::read(flipped) {
            prop_assert_ne!(release.digest(), Digest::of(&whole));
        }
    }

    #[test]
    fn any_manifest_text_is_taken_out_as_it_was_put_in(text in any::<String>()) {
        let bytes = embed(&component(&[], &[]), &text).unwrap();
        let sections = Sections::read(&bytes).unwrap();
        prop_assert_eq!(sections.manifest, Some(text.as_bytes()));
        let code: Vec<u8> = sections.code.into_iter().flat_map(|at| bytes[at].to_vec()).collect();
        prop_assert_eq!(code, component(&[], &[]));
    }
}

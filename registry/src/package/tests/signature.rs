//! What a signature promises: nothing that was changed is taken for signed.

use super::*;

fn key(seed: char) -> SigningKey {
    let seed = seed.to_string().repeat(42);
    SigningKey::from_text(&format!("jackfield-signing-key:{seed}A")).unwrap()
}

fn unsigned() -> Vec<u8> {
    embed(&component(&["wasi:io/error@0.2.0"], &[]), MANIFEST).unwrap()
}

fn signed() -> Vec<u8> {
    sign(&unsigned(), &key('a')).unwrap()
}

/// The bytes of the section of the signature.
fn section(signed: &[u8]) -> &[u8] {
    let at = Sections::read(signed).unwrap().signature.unwrap();
    &signed[at.range]
}

/// The key and the signature.
fn data(signed: &[u8]) -> &[u8] {
    &signed[signed.len() - 96..]
}

#[test]
fn what_is_signed_names_its_publisher() {
    let plain = Release::read(unsigned()).unwrap();
    let release = Release::read(signed()).unwrap();
    assert_eq!(plain.publisher(), None);
    assert_eq!(release.publisher(), Some(key('a').publisher()));
    assert_eq!(release.code(), plain.code(), "the code is the component as it was");
    assert_eq!(release.code_digest(), plain.code_digest());
    assert_eq!(release.digest(), Digest::of(&signed()), "the name is that of the whole file");
    assert_ne!(release.digest(), plain.digest());
}

#[test]
fn a_signature_is_the_same_wherever_it_is_made() {
    // Worked out by hand from the description: prefix, digest, section.
    let digest = Digest::of(&unsigned());
    let signature = key('a').sign(&[b"jackfield release v1\0", &digest.as_bytes()[..]].concat());
    let mut expected = unsigned();
    let data = [key('a').publisher().as_bytes().as_slice(), &signature].concat();
    custom(&mut expected, "jackfield:signature", &data);
    assert_eq!(signed(), expected);
}

#[test]
fn what_is_signed_again_has_the_last_signature_only() {
    let by_another = sign(&signed(), &key('b')).unwrap();
    assert_eq!(by_another, sign(&unsigned(), &key('b')).unwrap());
    let release = Release::read(by_another).unwrap();
    assert_eq!(release.publisher(), Some(key('b').publisher()));
}

#[test]
fn a_new_manifest_takes_the_signature_off() {
    let again = embed(&signed(), MANIFEST).unwrap();
    assert_eq!(again, unsigned());
    assert_eq!(Release::read(again).unwrap().publisher(), None);
}

#[test]
fn only_a_release_is_signed() {
    let bare = sign(&component(&[], &[]), &key('a'));
    assert!(matches!(bare, Err(PackageError::NoManifest)));
    let mut broken = signed();
    *broken.last_mut().unwrap() ^= 1;
    assert!(matches!(sign(&broken, &key('a')), Err(PackageError::SignatureBroken)));
}

#[test]
fn a_release_that_grows_over_the_bound_is_not_signed() {
    let mut bytes = unsigned();
    let room = RELEASE_BYTES_MAX - bytes.len() - 50;
    custom(&mut bytes, "fat", &vec![0; room]);
    assert!(Release::read(bytes.as_slice()).is_ok());
    assert!(matches!(sign(&bytes, &key('a')), Err(PackageError::TooLarge { .. })));
}

#[test]
fn sections_in_any_order_can_be_signed() {
    let mut bytes = component(&[], &[]);
    custom(&mut bytes, MANIFEST_SECTION, MANIFEST.as_bytes());
    custom(&mut bytes, "of-somebody-else", b"data");
    custom(&mut bytes, CONTRACT_SECTION, CONTRACT_VERSION.as_bytes());
    let release = Release::read(sign(&bytes, &key('a')).unwrap()).unwrap();
    assert_eq!(release.publisher(), Some(key('a').publisher()));
}

#[test]
fn what_stands_behind_a_signature_is_refused() {
    let mut bytes = signed();
    custom(&mut bytes, "of-somebody-else", b"data");
    insta::assert_snapshot!(refusal(bytes), @r"
    something stands behind the signature (section `jackfield:signature`), which it does not cover
      hint: do not install it; fetch the release again, or build and sign it again from its source
    ");
    let mut bytes = component(&[], &[]);
    custom(&mut bytes, SIGNATURE_SECTION, data(&signed()));
    custom(&mut bytes, CONTRACT_SECTION, CONTRACT_VERSION.as_bytes());
    custom(&mut bytes, MANIFEST_SECTION, MANIFEST.as_bytes());
    assert!(matches!(Release::read(bytes), Err(PackageError::SignatureNotLast)));
}

#[test]
fn two_signatures_are_one_too_many() {
    let twice = [&signed(), section(&signed())].concat();
    let said = refusal(twice);
    assert!(said.starts_with("the component has several sections `jackfield:signature`"), "{said}");
}

#[test]
fn a_signature_of_another_length_is_refused() {
    for bytes in [0, 1, 31, 32, 64, 95, 97, 128] {
        let mut file = unsigned();
        custom(&mut file, SIGNATURE_SECTION, &vec![7; bytes]);
        let error = Release::read(file).unwrap_err();
        assert!(matches!(error, PackageError::SignatureForm { .. }), "{bytes}: {error}");
    }
    let mut file = unsigned();
    custom(&mut file, SIGNATURE_SECTION, b"");
    insta::assert_snapshot!(refusal(file), @r"
    the section `jackfield:signature` has not the form of a signature: 22 bytes, and it should have 118
      hint: fetch the release again, or build and sign it again from its source
    ");
}

#[test]
fn the_same_signature_in_longer_numbers_is_refused() {
    // The size (116) in two bytes: valid WebAssembly, and a second file with the same signature.
    let whole = signed();
    let (start, rest) = section(&whole).split_at(2);
    assert_eq!(start, [0, 116]);
    let longer = [&unsigned(), [0, 0x80 | 116, 0].as_slice(), rest].concat();
    assert!(matches!(Release::read(longer), Err(PackageError::SignatureForm { .. })));
}

#[test]
fn a_signature_is_not_taken_over_by_another_release_or_publisher() {
    let mut other = embed(&component(&[], &[]), MANIFEST).unwrap();
    custom(&mut other, SIGNATURE_SECTION, data(&signed()));
    insta::assert_snapshot!(refusal(other), @r"
    the signature does not hold: the release was changed after it was signed, or damaged on its way
      hint: do not install it; fetch it again, or ask its publisher for another
    ");
    let claimed = [key('b').publisher().as_bytes().as_slice(), &data(&signed())[32..]].concat();
    let mut by_another = unsigned();
    custom(&mut by_another, SIGNATURE_SECTION, &claimed);
    assert!(matches!(Release::read(by_another), Err(PackageError::SignatureBroken)));
}

#[test]
fn a_key_for_which_anything_holds_signs_nothing() {
    // The neutral point as key and as first half of the signature, zero as its second half: a
    // lenient check takes this for a signature of every message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut file = unsigned();
    custom(&mut file, SIGNATURE_SECTION, &[neutral, neutral, [0; 32]].concat());
    assert!(matches!(Release::read(file), Err(PackageError::SignatureBroken)));
}

#[test]
fn a_signature_inside_a_nested_component_means_nothing() {
    let mut outer = wasm_encoder::Component::new();
    outer.section(&wasm_encoder::RawSection {
        id: wasm_encoder::ComponentSectionId::Component.into(),
        data: &signed(),
    });
    let outer = outer.finish();
    let release = Release::read(embed(&outer, MANIFEST).unwrap()).unwrap();
    assert_eq!(release.publisher(), None);
    assert_eq!(release.code(), outer);
}

#[test]
fn no_flipped_bit_of_a_signature_leaves_it_valid() {
    let whole = signed();
    let first = whole.len() - section(&whole).len();
    // Under another name, or with more or less of it, it is a section of somebody else's: an
    // unsigned release, as if the signature had been taken off.
    let name = first + 2..whole.len() - 96;
    for at in first..whole.len() {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            match Release::read(flipped) {
                Ok(release) => {
                    assert!(name.contains(&at), "byte {at}, bit {bit}");
                    assert_eq!(release.publisher(), None);
                }
                Err(error) if at >= name.end => {
                    assert!(matches!(error, PackageError::SignatureBroken), "{at}: {error}");
                }
                Err(_) => {}
            }
        }
    }
}

#[test]
fn no_changed_byte_leaves_a_release_signed() {
    let whole = signed();
    // The name of the signature's section, with its length.
    let name = whole.len() - 96 - SIGNATURE_SECTION.len() - 1..whole.len() - 96;
    for at in 0..whole.len() {
        for change in 1..=u8::MAX {
            let mut changed = whole.clone();
            changed[at] ^= change;
            if let Ok(release) = Release::read(changed) {
                assert_eq!(release.publisher(), None, "byte {at} by {change:#x}");
                assert!(name.contains(&at), "byte {at} by {change:#x}");
            }
        }
    }
}

#[test]
fn a_signed_release_cut_short_anywhere_is_no_longer_signed() {
    let whole = signed();
    for end in 0..whole.len() {
        match Release::read(&whole[..end]) {
            Ok(release) => {
                assert_eq!(end, whole.len() - section(&whole).len(), "only before the signature");
                assert_eq!(release.publisher(), None);
            }
            Err(_) => assert_ne!(end, whole.len() - section(&whole).len()),
        }
    }
}

proptest! {
    #[test]
    fn any_release_is_signed_by_any_key_and_read_back(
        seed in "[A-Za-z0-9_-]{42}",
        others in prop::collection::vec(("[a-z:]{0,20}", any::<Vec<u8>>()), 0..5),
    ) {
        let key = SigningKey::from_text(&format!("jackfield-signing-key:{seed}A")).unwrap();
        let mut bytes = unsigned();
        for (name, data) in &others {
            custom(&mut bytes, name, data);
        }
        let release = Release::read(sign(&bytes, &key).unwrap()).unwrap();
        prop_assert_eq!(release.publisher(), Some(key.publisher()));
        let plain = Release::read(bytes).unwrap();
        prop_assert_eq!(release.code_digest(), plain.code_digest());
    }

    #[test]
    fn bytes_put_anywhere_into_a_signed_release_are_seen(
        at in any::<prop::sample::Index>(),
        added in prop::collection::vec(any::<u8>(), 1..40),
        named in any::<bool>(),
    ) {
        let whole = signed();
        let mut extra = Vec::new();
        if named {
            custom(&mut extra, "x", &added);
        } else {
            extra = added;
        }
        let at = at.index(whole.len() + 1);
        let changed = [&whole[..at], &extra, &whole[at..]].concat();
        if let Ok(release) = Release::read(changed) {
            prop_assert_eq!(release.publisher(), None);
        }
    }

    #[test]
    fn made_up_signatures_do_not_hold(data in prop::collection::vec(any::<u8>(), 96)) {
        let mut file = unsigned();
        custom(&mut file, SIGNATURE_SECTION, &data);
        prop_assert!(matches!(Release::read(file), Err(PackageError::SignatureBroken)));
    }
}

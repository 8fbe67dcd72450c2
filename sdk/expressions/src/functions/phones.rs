//! Telephone numbers: from what people write to E.164, and back to what is dialled at home. It
//! promises null where its table does not tell what a number is, never a guess. It knows how
//! long numbers are and what is dialled before them, and not which of them are in use.

use jaq_core::RunPtr;
use jaq_core::ValR;
use jaq_core::native::{Fun, bome, run, v};
use jaq_json::Val;

use super::{text, text_or_null};
use crate::prelude::Data;

/// The plan of a country: what ITU-T E.164 and the country's own numbering plan say.
struct Plan {
    /// ISO 3166, two letters.
    country: &'static str,
    /// The country code.
    code: &'static str,
    /// What is dialled before a number within the country.
    trunk: &'static str,
    /// What is dialled before the country code from within the country.
    out: &'static str,
    /// How many digits a number has at least and at most, without code and trunk prefix.
    digits: (usize, usize),
}

const fn plan(
    country: &'static str,
    code: &'static str,
    trunk: &'static str,
    out: &'static str,
    least: usize,
    most: usize,
) -> Plan {
    Plan { country, code, trunk, out, digits: (least, most) }
}

/// The countries whose plans are known here. Of those that share a code the first one is used
/// for a number in international form.
const PLANS: [Plan; 67] = [
    plan("AE", "971", "0", "00", 8, 9),
    plan("AT", "43", "0", "00", 4, 13),
    plan("AU", "61", "0", "0011", 9, 9),
    plan("BD", "880", "0", "00", 6, 10),
    plan("BE", "32", "0", "00", 8, 9),
    plan("BG", "359", "0", "00", 6, 9),
    plan("BH", "973", "", "00", 8, 8),
    plan("CH", "41", "0", "00", 9, 9),
    plan("CN", "86", "0", "00", 7, 11),
    plan("CY", "357", "", "00", 8, 8),
    plan("CZ", "420", "", "00", 9, 9),
    plan("DE", "49", "0", "00", 5, 13),
    plan("DK", "45", "", "00", 8, 8),
    plan("EE", "372", "", "00", 7, 8),
    plan("EG", "20", "0", "00", 8, 10),
    plan("ES", "34", "", "00", 9, 9),
    plan("FI", "358", "0", "00", 5, 10),
    plan("FR", "33", "0", "00", 9, 9),
    plan("GB", "44", "0", "00", 9, 10),
    plan("GG", "44", "0", "00", 10, 10),
    plan("GH", "233", "0", "00", 9, 9),
    plan("GR", "30", "", "00", 10, 10),
    plan("HK", "852", "", "00", 8, 8),
    plan("HR", "385", "0", "00", 8, 9),
    plan("HU", "36", "06", "00", 8, 9),
    plan("IE", "353", "0", "00", 7, 10),
    plan("IL", "972", "0", "00", 8, 9),
    plan("IM", "44", "0", "00", 10, 10),
    plan("IN", "91", "0", "00", 10, 10),
    plan("IS", "354", "", "00", 7, 9),
    plan("IT", "39", "", "00", 6, 12),
    plan("JE", "44", "0", "00", 10, 10),
    plan("JP", "81", "0", "010", 9, 10),
    plan("KE", "254", "0", "000", 7, 9),
    plan("KW", "965", "", "00", 8, 8),
    plan("LK", "94", "0", "00", 9, 9),
    plan("LT", "370", "0", "00", 8, 8),
    plan("LU", "352", "", "00", 4, 11),
    plan("LV", "371", "", "00", 8, 8),
    plan("MA", "212", "0", "00", 9, 9),
    plan("MT", "356", "", "00", 8, 8),
    plan("MX", "52", "", "00", 10, 10),
    plan("MY", "60", "0", "00", 8, 10),
    plan("NG", "234", "0", "009", 10, 10),
    plan("NL", "31", "0", "00", 9, 11),
    plan("NO", "47", "", "00", 8, 8),
    plan("NZ", "64", "0", "00", 8, 10),
    plan("OM", "968", "", "00", 8, 8),
    plan("PH", "63", "0", "00", 8, 10),
    plan("PK", "92", "0", "00", 9, 10),
    plan("PL", "48", "", "00", 9, 9),
    plan("PT", "351", "", "00", 9, 9),
    plan("QA", "974", "", "00", 8, 8),
    plan("RO", "40", "0", "00", 9, 9),
    plan("RS", "381", "0", "00", 7, 12),
    plan("SA", "966", "0", "00", 9, 9),
    plan("SE", "46", "0", "00", 7, 9),
    plan("SI", "386", "0", "00", 8, 8),
    plan("SK", "421", "0", "00", 9, 9),
    plan("TN", "216", "", "00", 8, 8),
    plan("TR", "90", "0", "00", 10, 10),
    plan("TW", "886", "0", "002", 8, 9),
    plan("UA", "380", "0", "00", 9, 9),
    plan("US", "1", "1", "011", 10, 10),
    plan("CA", "1", "1", "011", 10, 10),
    plan("VN", "84", "0", "00", 9, 10),
    plan("ZA", "27", "0", "00", 9, 9),
];

/// The length of a number with its country code: at most 15 by E.164, and below eight there is
/// no number of another country that could be meant.
const E164_DIGITS: (usize, usize) = (8, 15);

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 2] = [
        ("phone_e164", 1, |mut cv| bome(to_e164(&cv.1, &cv.0.pop_var()))),
        ("phone_national", 0, |cv| bome(to_national(&cv.1))),
    ];
    all.into_iter().map(|(name, arguments, pointer)| run::<Data>((name, v(arguments), pointer)))
}

/// The number in international form, or null.
fn to_e164(value: &Val, country: &Val) -> ValR<Val> {
    let country = match country {
        Val::Null => String::new(),
        other => text("phone_e164", other)?.trim().to_uppercase(),
    };
    let written = match value {
        Val::Null => return Ok(Val::Null),
        other => text("phone_e164", other)?,
    };
    let plan = PLANS.iter().find(|plan| plan.country == country);
    text_or_null(e164(written, plan))
}

fn e164(written: &str, plan: Option<&Plan>) -> Option<String> {
    let dialled = Dialled::read(written)?;
    if dialled.international {
        return international(&dialled);
    }
    let plan = plan?;
    if let Some(digits) = dialled.digits.strip_prefix(plan.out) {
        return international(&Dialled { digits: digits.to_owned(), ..dialled });
    }
    number(plan, national(plan, &dialled.digits)?)
}

/// What a person wrote, without what is for the eye.
struct Dialled {
    digits: String,
    /// Whether it began with a plus.
    international: bool,
    /// Where a `(0)` stood, which is dialled at home alone.
    optional_zero: Option<usize>,
}

impl Dialled {
    /// None where there is more than a number, such as an extension or two of them.
    fn read(written: &str) -> Option<Self> {
        let written = written.trim();
        let written = written.strip_prefix("tel:").unwrap_or(written);
        let (written, international) =
            written.strip_prefix(['+', '＋']).map_or((written, false), |rest| (rest, true));
        let (mut digits, mut optional_zero) = (String::new(), None);
        let mut rest = written;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("(0)") {
                optional_zero = Some(digits.len());
                digits.push('0');
                rest = after;
                continue;
            }
            match c {
                '0'..='9' => digits.push(c),
                ' ' | '\u{a0}' | '\u{202f}' | '-' | '‐' | '‑' | '–' | '.' | '/' | '(' | ')' =>
                    {}
                _ => return None,
            }
            rest = &rest[c.len_utf8()..];
        }
        (!digits.is_empty()).then_some(Self { digits, international, optional_zero })
    }
}

/// A number that names its country.
fn international(dialled: &Dialled) -> Option<String> {
    let digits = &dialled.digits;
    let plan = PLANS.iter().find(|plan| digits.starts_with(plan.code));
    let Some(plan) = plan else {
        // Its own form is kept: there is nothing to add to it.
        let plausible = !digits.starts_with('0') && dialled.optional_zero.is_none();
        return (plausible && fits(digits.len(), E164_DIGITS)).then(|| format!("+{digits}"));
    };
    let rest = &digits[plan.code.len()..];
    // `+44 (0)20 …`: the trunk prefix is not a part of the number.
    let has_zero = dialled.optional_zero == Some(plan.code.len()) && plan.trunk == "0";
    number(plan, if has_zero { &rest[1..] } else { rest })
}

/// The digits of a number that was dialled within a country.
fn national<'a>(plan: &Plan, digits: &'a str) -> Option<&'a str> {
    match digits.strip_prefix(plan.trunk) {
        Some(rest) => Some(rest),
        // In North America the prefix may be left out, and no number begins with it. Elsewhere
        // what has no prefix is a local number, which names no place.
        None if plan.code == "1" => Some(digits),
        None => None,
    }
}

/// A number of a plan, if it is as long as its numbers are.
fn number(plan: &Plan, digits: &str) -> Option<String> {
    // Area codes and exchanges of North America begin with 2 to 9; what is dialled elsewhere
    // before a number is never a part of it, but in Italy, whose plan has no prefix.
    let begins = match plan.code {
        "1" => [0, 3].iter().all(|at| digits.as_bytes().get(*at).is_some_and(|d| *d >= b'2')),
        _ => plan.trunk.is_empty() || !digits.starts_with('0'),
    };
    let whole = plan.code.len() + digits.len();
    let fits_all = fits(digits.len(), plan.digits) && whole <= E164_DIGITS.1;
    (begins && fits_all).then(|| format!("+{}{digits}", plan.code))
}

fn fits(length: usize, (least, most): (usize, usize)) -> bool {
    (least..=most).contains(&length)
}

/// The number as it is dialled within its country, digits alone, or null.
fn to_national(value: &Val) -> ValR<Val> {
    let written = match value {
        Val::Null => return Ok(Val::Null),
        other => text("phone_national", other)?,
    };
    let dialled = Dialled::read(written).filter(|dialled| dialled.international);
    let number = dialled.as_ref().and_then(international);
    let plan = number
        .as_ref()
        .and_then(|number| PLANS.iter().find(|plan| number[1..].starts_with(plan.code)));
    text_or_null(plan.zip(number).map(|(plan, number)| {
        let digits = &number[1 + plan.code.len()..];
        // In North America the prefix is for other areas alone, and is not written.
        let trunk = if plan.code == "1" { "" } else { plan.trunk };
        format!("{trunk}{digits}")
    }))
}

#[cfg(test)]
mod tests {
    use super::{PLANS, e164};

    fn number(written: &str, country: &str) -> Option<String> {
        e164(written, PLANS.iter().find(|plan| plan.country == country))
    }

    #[test]
    fn no_code_is_the_beginning_of_another() {
        for plan in &PLANS {
            let clash = PLANS
                .iter()
                .find(|other| other.code != plan.code && other.code.starts_with(plan.code));
            assert!(clash.is_none(), "{} and {}", plan.code, clash.unwrap().code);
        }
    }

    #[test]
    fn what_people_write_is_one_number() {
        let london = Some("+442079460018".to_owned());
        for written in [
            "020 7946 0018",
            "(020) 7946-0018",
            "+44 20 7946 0018",
            "+44 (0)20 7946 0018",
            "0044 20 7946 0018",
            "tel:+44-20-7946-0018",
        ] {
            assert_eq!(number(written, "GB"), london, "{written}");
        }
        assert_eq!(number("(415) 555-2671", "US").unwrap(), "+14155552671");
        assert_eq!(number("1 415 555 2671", "CA").unwrap(), "+14155552671");
        assert_eq!(number("06 698 12345", "IT").unwrap(), "+390669812345");
        assert_eq!(number("06 1 234 5678", "HU").unwrap(), "+3612345678");
        assert_eq!(number("0011 44 20 7946 0018", "AU"), london);
        assert_eq!(number("+976 11 123456", "").unwrap(), "+97611123456");
    }

    #[test]
    fn what_it_cannot_tell_is_null() {
        for (written, country) in [
            ("7946 0018", "GB"),
            ("020 7946 0018 ext. 4", "GB"),
            ("020 7946 0018", ""),
            ("020 7946 0018", "XX"),
            ("0800", "DE"),
            ("115 555 2671", "US"),
            ("+44 20 79", "GB"),
            ("+1 415 155 2671", "US"),
            ("ask at the desk", "GB"),
            ("", "GB"),
            ("+", "GB"),
            ("020 7946 0018 / 020 7946 0019", "GB"),
            ("+44 020 7946 0018", "GB"),
        ] {
            assert_eq!(number(written, country), None, "{written} in {country}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_number_in_its_final_form_stays_as_it_is(written in "\\+?[0-9 ()./-]{0,20}") {
            for country in ["GB", "US", "IT", "HU", ""] {
                if let Some(first) = number(&written, country) {
                    assert_eq!(number(&first, country), Some(first.clone()), "{written}");
                }
            }
        }
    }
}

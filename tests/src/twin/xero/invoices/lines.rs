//! The lines of an invoice and its sums.
//!
//! Owns amounts: quantity times unit amount, discount, tax and totals, all exact. The tax rates
//! are those of an Australian organisation.

use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use super::super::{
    books::{Fields, text},
    contacts::Problems,
    money,
};

/// The goods and services tax of Australia, in per cent.
const TAX_PERCENT: u32 = 10;

/// Tax types that carry the tax.
const TAXED: &[&str] = &["OUTPUT", "INPUT", "CAPEXINPUT"];

/// Tax types that carry none.
const UNTAXED: &[&str] =
    &["NONE", "BASEXCLUDED", "EXEMPTOUTPUT", "EXEMPTEXPENSES", "EXEMPTEXPORT", "GSTONIMPORTS"];

/// What holds for all lines of an invoice.
struct Terms<'a> {
    authorised: bool,
    inclusive: bool,
    no_tax: bool,
    default_tax: &'static str,
    account_codes: &'a [String],
    unit_places: u32,
}

/// Checks the lines, writes their amounts and the invoice's sums.
pub fn settle(
    fields: &mut Fields,
    account_codes: &[String],
    unit_places: u32,
    problems: &mut Problems,
) {
    let terms = Terms {
        authorised: text(fields, "Status") == "AUTHORISED",
        inclusive: text(fields, "LineAmountTypes") == "Inclusive",
        no_tax: text(fields, "LineAmountTypes") == "NoTax",
        default_tax: if text(fields, "Type") == "ACCPAY" { "INPUT" } else { "OUTPUT" },
        account_codes,
        unit_places,
    };
    let (mut amount, mut tax) = (Decimal::ZERO, Decimal::ZERO);
    let lines = fields.entry("LineItems").or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(lines) = lines else {
        problems.push("LineItems must be a list.".to_owned());
        return;
    };
    if lines.is_empty() && terms.authorised {
        problems.push("One or more line items must be specified.".to_owned());
    }
    for line in lines {
        match line {
            Value::Object(line) => {
                let (line_amount, line_tax) = settle_line(line, &terms, problems);
                amount += line_amount;
                tax += line_tax;
            }
            _ => problems.push("A line item must be an object.".to_owned()),
        }
    }
    let sub_total = if terms.inclusive { amount - tax } else { amount };
    fields.insert("SubTotal".to_owned(), money::write(sub_total));
    fields.insert("TotalTax".to_owned(), money::write(tax));
    fields.insert("Total".to_owned(), money::write(sub_total + tax));
}

/// The amount and the tax of a line.
fn settle_line(line: &mut Fields, terms: &Terms, problems: &mut Problems) -> (Decimal, Decimal) {
    line.retain(|_, value| !value.is_null());
    if text(line, "Description").is_empty() && text(line, "ItemCode").is_empty() {
        problems.push("Description must be specified.".to_owned());
    }
    check_account(line, terms, problems);
    let mut amount_of = |name: &str, default: Decimal| match line.get(name).map(money::read) {
        Some(Some(amount)) => amount,
        None => default,
        Some(None) => {
            problems.push(format!("{name} must be a number."));
            default
        }
    };
    let quantity = amount_of("Quantity", Decimal::ONE);
    let unit = money::round(amount_of("UnitAmount", Decimal::ZERO), terms.unit_places);
    let discount = amount_of("DiscountRate", Decimal::ZERO);
    let hundred = Decimal::ONE_HUNDRED;
    let amount = money::round(quantity * unit * (hundred - discount) / hundred, 2);
    let given = amount_of("LineAmount", amount);
    if given != amount {
        problems.push(format!(
            "The line total {given} does not match the expected line total {amount}."
        ));
    }
    let tax = tax_of(line, amount, terms, problems);
    for (name, value) in
        [("Quantity", quantity), ("UnitAmount", unit), ("LineAmount", amount), ("TaxAmount", tax)]
    {
        line.insert(name.to_owned(), money::write(value));
    }
    line.entry("LineItemID").or_insert_with(|| Uuid::new_v4().to_string().into());
    line.entry("Tracking").or_insert_with(|| Value::Array(Vec::new()));
    (amount, tax)
}

fn check_account(line: &Fields, terms: &Terms, problems: &mut Problems) {
    let code = text(line, "AccountCode");
    if code.is_empty() {
        if terms.authorised {
            problems.push("Account code must be specified.".to_owned());
        }
    } else if !terms.account_codes.iter().any(|known| known == code) {
        problems.push(format!("Account code '{code}' is not a valid code for this document."));
    }
}

fn tax_of(line: &mut Fields, amount: Decimal, terms: &Terms, problems: &mut Problems) -> Decimal {
    let default = if terms.no_tax { "NONE" } else { terms.default_tax };
    let kind = line.entry("TaxType").or_insert_with(|| default.into()).clone();
    let kind = kind.as_str().unwrap_or_default();
    if UNTAXED.contains(&kind) || terms.no_tax {
        return Decimal::ZERO;
    }
    if !TAXED.contains(&kind) {
        problems.push(format!(
            "The TaxType code '{kind}' does not exist or cannot be used for this type of \
             transaction."
        ));
        return Decimal::ZERO;
    }
    let percent = Decimal::from(TAX_PERCENT);
    let whole = if terms.inclusive { Decimal::ONE_HUNDRED + percent } else { Decimal::ONE_HUNDRED };
    money::round(amount * percent / whole, 2)
}

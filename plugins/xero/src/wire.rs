//! Xero's own JSON: the members that are read and written here, under Xero's names. One type
//! serves both ways; what is none is not sent. Empty texts, which Xero sends for "nothing", are
//! taken off in `map`.

use jackfield_sdk::{Decimal, as_number};
use serde::{Deserialize, Serialize};

/// A decimal that is a JSON number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Number(#[serde(with = "as_number")] pub(crate) Decimal);

/// `{"Contacts": […]}`, in requests and replies.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Contacts {
    pub(crate) contacts: Vec<Contact>,
}

/// `{"Invoices": […]}`, in requests and replies.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Invoices {
    pub(crate) invoices: Vec<Invoice>,
}

/// A contact: a customer, a supplier or both.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Contact {
    #[serde(rename = "ContactID", skip_serializing_if = "Option::is_none")]
    pub(crate) contact_id: Option<String>,
    /// `ACTIVE`, `ARCHIVED` or `GDPRREQUEST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contact_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) company_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tax_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contact_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default_currency: Option<String>,
    /// Read only at Xero.
    #[serde(skip_serializing)]
    pub(crate) website: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) addresses: Option<Vec<Address>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phones: Option<Vec<Phone>>,
    #[serde(rename = "MergedToContactID", skip_serializing)]
    pub(crate) merged_to: Option<String>,
    /// `/Date(…)/`.
    #[serde(rename = "UpdatedDateUTC", skip_serializing)]
    pub(crate) updated: Option<String>,
}

/// An address of a contact; one of each type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Address {
    /// `POBOX` (printed on invoices) or `STREET`.
    pub(crate) address_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address_line1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address_line2: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address_line3: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address_line4: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attention_to: Option<String>,
}

/// A telephone of a contact; one of each type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Phone {
    /// `DEFAULT`, `DDI`, `MOBILE`, `FAX` or `OFFICE`.
    pub(crate) phone_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phone_area_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phone_country_code: Option<String>,
}

/// An invoice (`ACCREC`) or a bill (`ACCPAY`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Invoice {
    pub(crate) r#type: String,
    #[serde(rename = "InvoiceID", skip_serializing_if = "Option::is_none")]
    pub(crate) invoice_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) invoice_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    pub(crate) contact: Contact,
    /// `DRAFT`, `SUBMITTED`, `AUTHORISED`, `PAID`, `VOIDED` or `DELETED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<String>,
    /// `Exclusive`, `Inclusive` or `NoTax`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line_amount_types: Option<String>,
    pub(crate) line_items: Vec<LineItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) currency_code: Option<String>,
    /// Written as `YYYY-MM-DD`, read as `/Date(…)/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) date: Option<String>,
    /// Written as `YYYY-MM-DD`, read as `/Date(…)/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) due_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    #[serde(skip_serializing)]
    pub(crate) sub_total: Option<Number>,
    #[serde(skip_serializing)]
    pub(crate) total_tax: Option<Number>,
    #[serde(skip_serializing)]
    pub(crate) total: Option<Number>,
    #[serde(skip_serializing)]
    pub(crate) amount_paid: Option<Number>,
    #[serde(skip_serializing)]
    pub(crate) amount_due: Option<Number>,
    /// `/Date(…)/`.
    #[serde(skip_serializing)]
    pub(crate) fully_paid_on_date: Option<String>,
    /// `/Date(…)/`.
    #[serde(rename = "UpdatedDateUTC", skip_serializing)]
    pub(crate) updated: Option<String>,
}

/// One line of an invoice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct LineItem {
    #[serde(rename = "LineItemID", skip_serializing)]
    pub(crate) line_item_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quantity: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unit_amount: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) item_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tax_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tax_amount: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) discount_rate: Option<Number>,
    #[serde(skip_serializing)]
    pub(crate) line_amount: Option<Number>,
}

//! How many places the amounts of a currency have, by ISO 4217 (list one, as of 2026). A code
//! that is not in the list has no answer; funds, metals and test codes are left out.

use jaq_core::RunPtr;
use jaq_core::native::{Fun, bome, run, v};
use jaq_json::{Num, Val};

use super::text;
use crate::prelude::Data;

/// The currencies by the number of their places.
const BY_PLACES: [(u32, &str); 4] = [
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
    (
        2,
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD \
         CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD \
         GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL \
         MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN \
         PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP \
         SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

/// The places of a currency, in capitals.
pub(super) fn places(code: &str) -> Option<u32> {
    let has = |codes: &str| codes.split(' ').any(|known| known == code);
    BY_PLACES.iter().find(|(_, codes)| has(codes)).map(|(places, _)| *places)
}

/// The function as jaq takes it.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let of_input: RunPtr<Data> = |cv| {
        let code = match &cv.1 {
            Val::Null => Ok(""),
            other => text("currency_places", other),
        };
        let shown = |places: Option<u32>| {
            places.map_or(Val::Null, |places| Val::Num(Num::from_integral(places)))
        };
        bome(code.map(|code| shown(places(&code.trim().to_uppercase()))))
    };
    std::iter::once(run::<Data>(("currency_places", v(0), of_input)))
}

//! Everyday mathematics in floating point. Money does not belong here: see `dec_…`.

use jaq_core::RunPtr;
use jaq_core::native::{Fun, bome, run, v};
use jaq_json::Val;

use super::float;
use crate::prelude::Data;

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 10] = [
        ("sqrt", 0, |cv| bome(float(&cv.1).map(|x| Val::from(x.sqrt())))),
        ("exp", 0, |cv| bome(float(&cv.1).map(|x| Val::from(x.exp())))),
        ("exp2", 0, |cv| bome(float(&cv.1).map(|x| Val::from(x.exp2())))),
        ("exp10", 0, |cv| bome(float(&cv.1).map(|x| Val::from(10_f64.powf(x))))),
        ("log", 0, |cv| bome(float(&cv.1).map(|x| Val::from(x.ln())))),
        ("log2", 0, |cv| bome(float(&cv.1).map(|x| Val::from(x.log2())))),
        ("log10", 0, |cv| bome(float(&cv.1).map(|x| Val::from(x.log10())))),
        ("trunc", 0, |cv| bome(float(&cv.1).map(|x| Val::from(x.trunc())))),
        ("fabs", 0, |cv| bome(float(&cv.1).map(|x| Val::from(x.abs())))),
        ("pow", 2, |mut cv| {
            let (exponent, base) = (cv.0.pop_var(), cv.0.pop_var());
            let base = float(&base);
            bome(base.and_then(|base| Ok(Val::from(base.powf(float(&exponent)?)))))
        }),
    ];
    all.into_iter().map(|(name, arguments, pointer)| run::<Data>((name, v(arguments), pointer)))
}

//! The organisations that one sign-in opens: kept with how it stands, and waited for after a
//! person has signed in.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

use super::{
    OAuthError, SignIn, Written,
    account::{Held, Now},
    record::Standing,
};
use crate::store::Batch;

/// One of several organisations that a sign-in opens, as its connector lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// What goes into the connection's settings.
    pub id: String,
    /// What a person calls it.
    pub label: String,
}

/// How many are looking just now at what a sign-in opens.
#[derive(Debug, Default)]
pub(super) struct Looking(AtomicUsize);

/// Somebody looks at what a sign-in opens; until this is dropped no work of it begins.
#[derive(Debug)]
pub struct Look(SignIn);

impl Drop for Look {
    fn drop(&mut self) {
        self.0.account.looking.0.fetch_sub(1, Ordering::AcqRel);
        self.0.account.means.tell_changed();
    }
}

impl SignIn {
    /// Begins to look at what it opens. In memory alone: after a start its settings count.
    pub fn look(&self) -> Look {
        self.account.looking.0.fetch_add(1, Ordering::AcqRel);
        self.account.means.tell_changed();
        Look(self.clone())
    }

    /// Whether somebody looks at what it opens just now.
    pub fn is_looked_at(&self) -> bool {
        self.account.looking.0.load(Ordering::Acquire) > 0
    }

    /// Adds to a batch what it opens. Hand the answer to [`SignIn::show`] once the batch is on
    /// disk.
    pub fn write_tenants(
        &self,
        tenants: Vec<Tenant>,
        _held: &Held,
        batch: &mut Batch,
    ) -> Result<Written, OAuthError> {
        let account = &self.account;
        let now = account.now();
        let standing = Standing { tenants: Some(tenants), ..now.standing.clone() };
        account.write(batch, None, &standing)?;
        Ok(Written(Now { tokens: now.tokens.clone(), standing }))
    }
}

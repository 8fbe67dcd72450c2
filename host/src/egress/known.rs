//! What must not come back on one connection, as it changes: tokens come and go.

use std::{collections::VecDeque, sync::Arc};

use super::{
    issuer::{Issued, Issuer},
    policy::Policy,
    scrub::Scrubber,
};

/// Issued credentials that are remembered of each of a connection's issuers.
const ISSUED_MAX: usize = 8;

/// What must not come back: the credentials that stay, and those that were issued lately.
pub(super) struct Known {
    /// By their issuers, whose numbers mean nothing to each other.
    issued: Vec<(Arc<dyn Issuer>, VecDeque<Issued>)>,
    pub(super) scrubber: Arc<Scrubber>,
}

impl Known {
    pub(super) fn new(policy: &Policy) -> Self {
        let scrubber = Arc::new(Scrubber::new(policy.credentials()));
        Self { issued: Vec::new(), scrubber }
    }

    /// Remembers a credential that an issuer gave.
    pub(super) fn learn(&mut self, issuer: &Arc<dyn Issuer>, new: &Issued, policy: &Policy) {
        let found = self.issued.iter().position(|(other, _)| Arc::ptr_eq(other, issuer));
        let at = found.unwrap_or_else(|| {
            self.issued.push((issuer.clone(), VecDeque::new()));
            self.issued.len() - 1
        });
        let its = &mut self.issued[at].1;
        if its.iter().any(|one| one.number == new.number) {
            return;
        }
        its.push_back(new.clone());
        if its.len() > ISSUED_MAX {
            its.pop_front();
        }
        let issued = self.issued.iter().flat_map(|(_, its)| its);
        let issued = issued.map(|issued| &issued.credential);
        self.scrubber = Arc::new(Scrubber::new(policy.credentials().chain(issued)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        egress::{Credential, Issuing},
        secret::Secret,
    };

    /// Issues one token, which is its first.
    #[derive(Debug)]
    struct One(&'static str);

    impl One {
        fn first(&self) -> Issued {
            Issued { credential: Credential::Bearer(Secret::new(self.0.to_owned())), number: 1 }
        }
    }

    impl Issuer for One {
        fn headers(&self) -> Vec<String> {
            Vec::new()
        }

        fn refuses(&self, _status: u16) -> bool {
            false
        }

        fn issue(&self) -> Issuing<'_, Issued> {
            Box::pin(async { Ok(self.first()) })
        }

        fn anew(&self, _refused: &Issued) -> Issuing<'_, Option<Issued>> {
            Box::pin(async { Ok(None) })
        }
    }

    #[test]
    fn tokens_of_two_issuers_are_told_apart_whatever_their_numbers() {
        let policy = Policy::new(Vec::new(), Vec::new());
        let mut known = Known::new(&policy);
        for token in ["token-of-the-first", "token-of-the-second"] {
            let one = One(token);
            let issued = one.first();
            let issuer: Arc<dyn Issuer> = Arc::new(one);
            known.learn(&issuer, &issued, &policy);
        }
        let shown = known.scrubber.text(b"token-of-the-first token-of-the-second");
        assert_eq!(shown, "[secret] [secret]");
    }
}

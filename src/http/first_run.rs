//! Who may make the administrator of a new installation.
//!
//! Until there is one, anyone who reaches the server could take it over. So the first run is open to every caller only for a while after the database
//! was made: long enough for an operator that sets the server up from elsewhere. Afterwards the caller is on this machine, or has read the log.

use sha2::{Digest, Sha256};

use super::Error;
use super::caller::Caller;
use crate::model::{SecretString, expose};
use crate::time::Timestamp;

/// The terms of the first run.
#[derive(Clone, Debug)]
pub struct FirstRun {
    /// Until when it is open to every caller.
    pub open_until: Timestamp,
    /// Opens it afterwards, and is in the log.
    pub code: SecretString,
}

impl FirstRun {
    /// Refuses a caller who may not make the administrator, with the ways out.
    pub(super) fn check(&self, caller: Caller, told: &SecretString, now: Timestamp) -> Result<(), Error> {
        // Digests take the same time to compare wherever the codes differ.
        let fits = Sha256::digest(expose(told).trim()) == Sha256::digest(expose(&self.code));
        if now < self.open_until || caller.is_local || fits {
            return Ok(());
        }
        Err(Error::forbidden(format!(
            "the first run was open to every caller until {} (limits.first_run_window of the configuration); do it on the server's own machine, at \
             its loopback address, or with the one-time code that the server's log shows at each start (garm init --code, field code)",
            self.open_until
        )))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[test]
    fn it_is_open_for_a_while_and_then_to_those_who_are_near() {
        let terms = FirstRun { open_until: Timestamp::from_micros(10), code: SecretString::from("c0de") };
        let may = |is_local, code: &str, now| {
            let caller = Caller { address: IpAddr::V4(Ipv4Addr::LOCALHOST), is_local };
            terms.check(caller, &SecretString::from(code), Timestamp::from_micros(now)).is_ok()
        };
        let table = [
            (false, "", 9, true),
            (false, "", 10, false),
            (true, "", 10, true),
            (false, "c0de", 10, true),
            (false, " c0de\n", 10, true),
            (false, "c0d", 10, false),
            (false, "c0de0", 10, false),
        ];
        for (is_local, code, now, expected) in table {
            assert_eq!(may(is_local, code, now), expected, "{is_local} {code:?} {now}");
        }
    }
}

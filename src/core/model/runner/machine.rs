//! Machines as their provider lists them.

use serde::{Deserialize, Serialize};

use super::InstanceStatus;
use crate::model::RunnerName;

/// A machine as its provider lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderMachine {
    /// The provider's name for it.
    pub provider_id: String,
    /// The name it was asked for under.
    pub name: RunnerName,
    /// Its state.
    pub status: InstanceStatus,
    /// Name of the operating system; empty = not told.
    pub os_name: String,
    /// Version of the operating system; empty = not told.
    pub os_version: String,
    /// Network addresses.
    pub addresses: Vec<Address>,
}

/// Whether an address can be reached from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AddressKind {
    /// Reachable from outside.
    Public,
    /// Reachable from inside only.
    Private,
}

/// A network address of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// IP address or host name.
    pub address: String,
    /// Who can reach it.
    #[serde(rename = "type")]
    pub kind: AddressKind,
}

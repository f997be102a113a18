//! The list of checks. Each has an id, the rule that must hold, and advice for a provider that breaks the rule.

/// A section of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The file and how it starts.
    Executable,
    /// The version and the descriptions that the provider gives of itself.
    Descriptions,
    /// Commands about machines that do not exist.
    Absent,
    /// Creations that must fail.
    Refusals,
    /// Machines are made.
    Creation,
    /// Pools and installations do not see each other's machines.
    Isolation,
    /// Machines are stopped and started.
    Power,
    /// Machines are removed.
    Removal,
    /// Creations that are cut off.
    Interruption,
    /// Rules for every call.
    Conduct,
}

impl Group {
    /// The headline of the section.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Executable => "How it is called",
            Self::Descriptions => "What it says about itself",
            Self::Absent => "Machines that do not exist",
            Self::Refusals => "Creations that must fail",
            Self::Creation => "Creation",
            Self::Isolation => "Pools and installations",
            Self::Power => "Stop and start",
            Self::Removal => "Removal",
            Self::Interruption => "Creations that are cut off",
            Self::Conduct => "Every call",
        }
    }

    /// Whether its checks make machines.
    #[must_use]
    pub const fn needs_live(self) -> bool {
        matches!(self, Self::Creation | Self::Isolation | Self::Power | Self::Removal | Self::Interruption)
    }
}

macro_rules! checks {
    ($($variant:ident $group:ident $id:literal: $title:literal; $mend:literal)+) => {
        /// One rule that must hold. `docs/providers.md` has a section for each, under its id.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Check { $(#[doc = concat!("`", $id, "`")] $variant),+ }

        impl Check {
            /// All checks, in the order of a report.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The id. It never changes.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),+ }
            }

            /// The rule that must hold.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// The change to make when the rule does not hold.
            #[must_use]
            pub const fn mend(self) -> &'static str {
                match self { $(Self::$variant => $mend),+ }
            }

            /// The section of the check.
            #[must_use]
            pub const fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group),+ }
            }
        }
    };
}

checks! {
    Starts Executable "starts": "the executable exists and can be started";
        "give the absolute path of a file with the executable bit (chmod +x); a script needs #! and the absolute path of an interpreter that exists"
    EmptyEnvironment Executable "empty-environment": "it runs without PATH and HOME";
        "the server passes nothing of its own environment on: set PATH and whatever else is needed inside the provider, or name the variables in environment_variables"
    UnknownCommand Executable "unknown-command": "a command it does not know fails";
        "end with a status other than 0 for every GARM_COMMAND that is not implemented: a later version of the server may ask for more"
    MissingCommand Executable "missing-command": "a call without a command fails";
        "end with a status other than 0 when GARM_COMMAND is empty or not set"
    InterfaceV010 Executable "interface-v0.1.0": "version v0.1.0 of the contract is accepted";
        "accept GARM_INTERFACE_VERSION=v0.1.0: it is what the server speaks unless it is told otherwise"
    InterfaceV011 Executable "interface-v0.1.1": "version v0.1.1 of the contract is accepted";
        "accept GARM_INTERFACE_VERSION=v0.1.1, which only adds variables; without it leave interface_version at v0.1.0 in the server's configuration"

    GetVersion Descriptions "get-version": "GetVersion prints the version in one line";
        "print the provider's version, one line of plain text, without asking the cloud"
    SupportedVersions Descriptions "get-supported-interface-versions": "GetSupportedInterfaceVersions prints a JSON list of versions";
        "print a JSON list of the versions that are accepted, [\"v0.1.0\",\"v0.1.1\"] for example"
    ConfigSchema Descriptions "get-config-json-schema": "GetConfigJSONSchema prints a JSON schema";
        "print the JSON schema of the provider's configuration; {} accepts everything"
    ExtraSpecsSchema Descriptions "get-extra-specs-json-schema": "GetExtraSpecsJSONSchema prints a JSON schema";
        "print the JSON schema of a pool's extra specs; {} accepts everything"
    ValidatePoolInfo Descriptions "validate-pool-info": "ValidatePoolInfo accepts a pool";
        "end with status 0 when GARM_POOL_EXTRASPECS (base64 of JSON, of null when there are none) is acceptable; nothing is on standard input"

    ListUnknownPool Absent "list-unknown-pool": "ListInstances of a pool without machines prints an empty list";
        "print [] and end with status 0 for a pool that has no machines, also one never heard of; list only machines of GARM_POOL_ID and GARM_CONTROLLER_ID (when it cannot read its configuration or reach its cloud, see to that first: nothing else will work)"
    GetAbsent Absent "get-absent": "GetInstance of a machine that does not exist fails with status 30";
        "end with status 30 when there is surely no such machine: the server then need not guess"
    DeleteAbsent Absent "delete-absent": "DeleteInstance of a machine that does not exist succeeds";
        "end with status 0 or 30 when there is nothing to delete, however often: after any other status the server tries again for ever"
    StartAbsent Absent "start-absent": "StartInstance of a machine that does not exist fails";
        "end with a status other than 0, best 30, when there is no machine to start"
    StopAbsent Absent "stop-absent": "StopInstance of a machine that does not exist fails";
        "end with a status other than 0, best 30, when there is no machine to stop"

    CreateEmpty Refusals "create-empty-input": "CreateInstance without a document fails";
        "read standard input first and end with a status other than 0 when it is empty"
    CreateGarbage Refusals "create-garbage": "CreateInstance with something that is not JSON fails";
        "parse the whole document before anything is made and end with a status other than 0 when it is not JSON"
    CreateNameless Refusals "create-without-name": "CreateInstance without a name fails";
        "end with a status other than 0 when the name is missing or empty: without it the machine could never be found again"
    RefusedLeavesNothing Refusals "refused-leaves-nothing": "a creation that failed so has made nothing";
        "check all input before the first effect"

    Create Creation "create": "CreateInstance makes a machine that runs";
        "print the machine with the name that was asked for and status running, and end with status 0; on failure remove what was begun and end with another status"
    CreateOther Creation "create-other-version": "a machine can be made with the other version of the contract";
        "read the same document in both versions; v0.1.1 only adds GARM_POOL_EXTRASPECS"
    CreateTwice Creation "create-twice": "creating a name twice makes one machine";
        "look for a machine of that name first: end with status 31, or print the one that is there"
    CreateTruncated Creation "create-truncated": "CreateInstance with half a document makes nothing";
        "parse the whole document before anything is made: the server may be killed while it writes"
    CreateConcurrent Creation "create-concurrent": "two machines can be made at the same time";
        "expect several processes of the provider at once: no fixed temporary names, no file that is read, changed and written back without a lock"
    GetByName Creation "get-by-name": "GetInstance finds a machine by its name";
        "accept the name in GARM_INSTANCE_ID: the server has nothing else when it did not see the end of a creation"
    GetById Creation "get-by-id": "GetInstance finds a machine by its provider id";
        "accept in GARM_INSTANCE_ID what was printed as provider_id"
    ListPool Creation "list-pool": "ListInstances prints the machines of the pool, each once";
        "list every machine of the pool, also stopped and half-made ones: what is not listed is taken for lost, what is listed twice is one too many"
    ProviderIds Creation "provider-ids": "every machine has a provider id of its own, always the same";
        "print an id that no other machine has, on this provider or any other, and the same one in every answer"

    ListOtherPool Isolation "list-other-pool": "ListInstances of another pool does not show them";
        "mark each machine with GARM_POOL_ID when it is made and list by that mark"
    ListOtherController Isolation "list-other-controller": "ListInstances of another installation does not show them";
        "mark each machine with GARM_CONTROLLER_ID and list by that mark: the server deletes what is listed and not its own"
    GetOtherController Isolation "get-other-controller": "GetInstance of another installation does not find them";
        "look only among machines that are marked with GARM_CONTROLLER_ID"
    DeleteOtherController Isolation "delete-other-controller": "DeleteInstance of another installation leaves them alone";
        "delete only machines that are marked with GARM_CONTROLLER_ID"
    DeleteNameless Isolation "delete-without-name": "DeleteInstance without a name leaves all machines alone";
        "end with a status other than 0 when GARM_INSTANCE_ID is empty, before it becomes part of a path or a pattern"

    Stop Power "stop": "StopInstance stops a machine";
        "stop the machine and show it as stopped until it is started"
    Start Power "start": "StartInstance starts a stopped machine";
        "start the machine and show it as running"

    DeleteByName Removal "delete-by-name": "DeleteInstance removes a machine by its name";
        "accept the name in GARM_INSTANCE_ID and remove all that belongs to the machine before ending with status 0"
    DeleteById Removal "delete-by-id": "DeleteInstance removes a machine by its provider id";
        "accept in GARM_INSTANCE_ID what was printed as provider_id and remove all that belongs to the machine before ending with status 0"
    DeleteAgain Removal "delete-again": "deleting a machine again succeeds";
        "end with status 0 or 30 when the machine is gone already"
    GetDeleted Removal "get-deleted": "GetInstance does not find a deleted machine";
        "end with status 30 once a machine is deleted"
    ListEmpty Removal "list-empty": "the list is empty when all machines are deleted";
        "do not list deleted machines: the server would try to remove them for ever"
    RemoveAll Removal "remove-all": "RemoveAllInstances removes all machines of an installation and no others";
        "remove all machines that are marked with GARM_CONTROLLER_ID, of whatever pool, and only those"

    InterruptedCreation Interruption "interrupted-creation": "a creation that was killed leaves nothing that DeleteInstance by name does not remove";
        "make the machine findable by its name with the first effect, and let DeleteInstance remove half-made ones"
    CreateAfterInterruption Interruption "create-after-interruption": "after that the name can be used again";
        "leave no lock or record behind that outlives a killed process; take over or replace what is half-made"
    NothingLeft Interruption "nothing-left": "nothing is left when the checks are over";
        "remove what is named here by hand, and see which of the checks above failed"

    TimeLimit Conduct "time-limit": "every command ends within the time limit";
        "bound every wait for the cloud; do not wait for input: nothing comes but the document of CreateInstance (--timeout gives a slow cloud more time)"
    Leftovers Conduct "no-leftovers": "no process is left when a command has ended";
        "wait for every child; what must run on has to be started in a session of its own with its output elsewhere (setsid ... >log 2>&1 </dev/null)"
    StdoutJson Conduct "stdout-json": "standard output holds the JSON that was asked for and nothing else";
        "print nothing but the answer to standard output; progress and logs belong to standard error"
    InstanceJson Conduct "instance-json": "every machine has provider_id, name and a status that is known";
        "print {\"provider_id\":\"...\",\"name\":\"...\",\"status\":\"running\"} for each machine; status is one of running, stopped, error, unknown"
    OutputBounded Conduct "bounded-output": "output is of reasonable size";
        "print the answer only; of standard error the server keeps the last 16 KiB"
    SaysWhy Conduct "says-why": "a failure tells its reason on standard error";
        "print one line with the reason to standard error before ending with a status other than 0: it is what the operator sees"
    NoCrash Conduct "no-crash": "no command ends by a signal";
        "catch the error and end with a status: a crash tells nobody what is wrong"
    NoSecrets Conduct "no-secrets": "the machine's token is not printed";
        "never print the document, the environment or the install template: what is printed ends up in logs (set -x does it, too)"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_fit_an_anchor() {
        let ids: std::collections::BTreeSet<_> = Check::ALL.iter().map(|check| check.id()).collect();
        assert_eq!(ids.len(), Check::ALL.len());
        assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))));
    }
}

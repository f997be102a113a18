//! Why a runner failed, timed out or vanished: the cause that the words around its end name.
//!
//! The words are those of programs: a shell, a package manager, the runner software, a cloud. The rules are data: phrases of each cause, in the
//! order in which they count.

use super::Reason;
use super::words::words;

words! {
    /// The cause of a failure.
    #[derive(PartialOrd, Ord)]
    Cause {
        /// A connection could not be made, or broke.
        NoNetwork = "no_network",
        /// A name has no address.
        Dns = "dns",
        /// A certificate or a TLS connection was refused.
        Tls = "tls",
        /// The proxy does not let through.
        Proxy = "proxy",
        /// The clock is wrong.
        Clock = "clock",
        /// A token, a registration or credentials were refused.
        BadToken = "bad_token",
        /// The disk is full.
        DiskFull = "disk_full",
        /// What was downloaded is not what it should be.
        Digest = "digest",
        /// Software or image are for another processor.
        WrongArchitecture = "wrong_architecture",
        /// The package manager failed.
        PackageManager = "package_manager",
        /// The image lacks a program or a library.
        MissingSoftware = "missing_software",
        /// The forge does not serve this version of the runner any more.
        RetiredVersion = "retired_version",
        /// The provider has no room for a machine.
        Capacity = "capacity",
        /// A quota at the provider is used up.
        Quota = "quota",
        /// A process was killed for lack of memory.
        OutOfMemory = "out_of_memory",
        /// The provider does not have the image.
        ImageMissing = "image_missing",
        /// Something is not permitted.
        PermissionDenied = "permission_denied",
        /// `SELinux` forbids it, or a mount with `noexec`.
        SeLinux = "selinux",
        /// The forge has no runner group of that name.
        RunnerGroup = "runner_group",
        /// The forge has a runner of that name already.
        NameTaken = "name_taken",
        /// The other side is out of order.
        RemoteFault = "remote_fault",
        /// The runner software is not where it should be downloaded from.
        DownloadMissing = "download_missing",
        /// The forge refused the registration.
        Registration = "registration",
        /// The runner software ended, or never listened for jobs.
        RunnerSoftware = "runner_software",
        /// The machine never said a word.
        NoCloudInit = "no_cloud_init",
        /// The machine spoke, and was not ready in time.
        TooSlow = "too_slow",
        /// The machine is gone, and nobody here removed it.
        Vanished = "vanished",
        /// The forge has lost the runner.
        LostContact = "lost_contact",
        /// The runner was connected and took no job.
        IgnoresJobs = "ignores_jobs",
        /// The runner ended before it had a job.
        EndedEarly = "ended_early",
        /// The words name no cause that is known.
        Unknown = "unknown",
    }
}

/// What a cause is found from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evidence<'a> {
    /// Why the runner goes, if it does.
    pub reason: Option<&'a Reason>,
    /// Whether the machine has reported anything.
    pub has_spoken: bool,
    /// The last words of the machine, or those of the provider.
    pub fault: &'a str,
    /// The end of the install log.
    pub log: &'a str,
    /// The last message.
    pub last_message: &'a str,
}

/// So many bytes of a text, and so many of its lines, are searched for phrases, from the end. What is further up is seldom why a script failed.
const SEARCHED_BYTES: usize = 16 * 1024;
const SEARCHED_LINES: usize = 60;

/// Phrases that name a cause, in lower case. `*` stands for anything within a line. Within one line the first rule counts.
const SIGNS: &[(Cause, &[&str])] = &[
    (
        Cause::RetiredVersion,
        &[
            "is deprecated and cannot receive messages",
            "runner version*no longer supported",
            "runner version*too old",
            "runner version*deprecated",
        ],
    ),
    (
        Cause::Digest,
        &[
            "does not have the sha-256 checksum",
            "the answer is not the server's",
            "hash sum mismatch",
            "checksum mismatch",
            "checksum did not match",
            "checksum does not match",
            "digest mismatch",
            "gzip: stdin:",
            "does not look like a tar archive",
            "end of central directory record could not be found",
            "central directory corrupt",
        ],
    ),
    (
        Cause::OutOfMemory,
        &[
            "out of memory",
            "oom-kill",
            "oomkilled",
            "oom killer",
            "killed process",
            "cannot allocate memory",
            "bad_alloc",
            "outofmemory",
            "code 137",
            "status=9/kill",
            "line *: * killed ",
        ],
    ),
    (
        Cause::DiskFull,
        &[
            "no space left on device",
            "disk quota exceeded",
            "not enough space on the disk",
            "enospc",
            "enough free space",
            "diskpressure",
            "low on resource: ephemeral-storage",
        ],
    ),
    (
        Cause::Quota,
        &[
            "quota exceeded",
            "quotaexceeded",
            "exceeded quota",
            "over quota",
            "quota*exceeded",
            "exceeding approved*quota",
            "exceeds*quota",
            "limitexceeded",
            "limit exceeded",
            "countexceeded",
            "maximum number of instances",
        ],
    ),
    (
        Cause::Capacity,
        &[
            "no valid host was found",
            "not enough hosts available",
            "insufficientinstancecapacity",
            "insufficient*capacity",
            "do not have sufficient",
            "not have enough resources",
            "resource_pool_exhausted",
            "allocationfailed",
            "allocation failed",
            "overconstrained",
            "skunotavailable",
            "nodes are available",
        ],
    ),
    (
        Cause::WrongArchitecture,
        &[
            "exec format error",
            "cannot execute binary file",
            "wrong elf class",
            "not a valid win32 application",
            "not a valid application for this os platform",
            "no matching manifest for",
            "image platform*does not match",
            "architecture isn't supported",
            "architecture is not supported",
            "architecture*does not match",
            "could not open '/lib",
        ],
    ),
    (
        Cause::MissingSoftware,
        &[
            "command not found",
            "valid icu package",
            "dependencies is missing for",
            "glibc*not found",
            "error while loading shared libraries",
            "no usable version of libssl",
            "is not recognized as",
        ],
    ),
    (
        Cause::ImageMissing,
        &[
            "invalidamiid",
            "imagenotfound",
            "imagepullbackoff",
            "errimagepull",
            "manifest unknown",
            "pull access denied",
            "no such image",
            "image*not found",
            "image*could not be found",
            "image*couldn't be found",
            "image*does not exist",
            "image*doesn't exist",
            "platform image*is not available",
        ],
    ),
    (
        Cause::Clock,
        &["certificate is not yet valid", "release file*is not valid yet", "clock skew", "clock may be incorrect", "clock*out of sync"],
    ),
    (
        Cause::Proxy,
        &["resolve proxy", "from proxy after connect", "proxy authentication required", "proxyconnect", "proxy connect aborted"],
    ),
    (
        Cause::Tls,
        &[
            "ssl certificate problem",
            "certificate verify failed",
            "certificate verification failed",
            "local issuer certificate",
            "self-signed certificate",
            "self signed certificate",
            "certificate has expired",
            "unknown authority",
            "x509:",
            "tls handshake",
            "gnutls",
            "ssl_error",
            "ssl connect error",
            "ssl connection could not be established",
            "trust relationship for the ssl",
            "remotecertificate",
            "no alternative certificate subject name",
            "does not match target host name",
            "curl: (35)",
            "curl: (60)",
            "curl: (77)",
        ],
    ),
    (
        Cause::Dns,
        &[
            "could not resolve",
            "couldn't resolve",
            "name resolution",
            "temporary failure resolving",
            "name or service not known",
            "no such host",
            "nodename nor servname",
            "no address associated with hostname",
            "name could not be resolved",
            "curl: (6)",
        ],
    ),
    (Cause::RunnerGroup, &["runner group named", "runner group*not found", "runner group*does not exist"]),
    (Cause::NameTaken, &["runner exists with the same name", "runner*name*already exists"]),
    (
        Cause::BadToken,
        &[
            "http response code: notfound from 'post*runner-registration",
            "http response code: unauthorized",
            "http response code: forbidden",
            "bad credentials",
            "http 401",
            "401 unauthorized",
            "401 (unauthorized)",
            "registration*was not found",
            "registration has been deleted",
            "registration token*expired",
            "token*expired",
            "expired*token",
            "invalid*token",
            "token*invalid",
            "vs30063",
            "vssunauthorizedexception",
            "not able to validate the provided access credentials",
            "request you have made requires authentication",
        ],
    ),
    (Cause::SeLinux, &["avc:*denied", "selinux is preventing", "failed at step exec*permission denied", "selinux*permission denied"]),
    (
        Cause::PermissionDenied,
        &[
            "permission denied",
            "operation not permitted",
            "a password is required",
            "a terminal is required to read the password",
            "not in the sudoers",
            "access is denied",
            "accessdenied",
            "not authorized",
            "unauthorizedoperation",
            "authorizationfailed",
            "does not have authorization",
            "forbidden",
            "policy doesn't allow",
            "must not run with sudo",
            "must not run interactively with sudo",
            "http 403",
            "requires elevation",
        ],
    ),
    (
        Cause::RemoteFault,
        &[
            "http 500",
            "http 502",
            "http 503",
            "http 504",
            "bad gateway",
            "service unavailable",
            "gateway time-out",
            "internal server error",
        ],
    ),
    (
        Cause::NoNetwork,
        &[
            "network is unreachable",
            "network is down",
            "no route to host",
            "host is down",
            "connection refused",
            "connection timed out",
            "connection timeout",
            "connect timeout",
            "operation timed out",
            "i/o timeout",
            "connection reset",
            "couldn't connect to server",
            "failed to connect to",
            "unable to connect to",
            "could not connect to",
            "cannot initiate the connection",
            "curl: (7)",
            "curl: (28)",
            "curl: (52)",
            "curl: (56)",
        ],
    ),
];

/// Phrases that say where something failed. They count where no sign says why.
const HINTS: &[(Cause, &[&str])] = &[
    (
        Cause::PackageManager,
        &[
            "failed to install dependencies",
            "installing dependencies",
            "could not get lock",
            "unable to lock",
            "dpkg was interrupted",
            "unmet dependencies",
            "unable to locate package",
            "unable to fetch some archives",
            "errors were encountered while processing",
            "no match for argument",
            "unable to find a match",
            "failed to download metadata for repo",
            "cannot find a valid baseurl",
            "holding the yum lock",
            "locked by another",
            "system management is locked",
            "error: transaction failed",
            "rpmdb",
            "can't detect current os type",
        ],
    ),
    (Cause::DownloadMissing, &["http 404 from", "http 410 from", "the remote server returned an error: (404)"]),
    (Cause::Registration, &["failed to configure runner", "http response code:", "registering the runner"]),
    (Cause::RunnerSoftware, &["the runner does not work", "the runner does not listen"]),
];

impl Cause {
    /// The cause that the evidence names.
    #[must_use]
    pub fn of(evidence: &Evidence<'_>) -> Self {
        let Evidence { reason, has_spoken, fault, log, last_message } = *evidence;
        let by_words = |texts: &[&str]| {
            let in_any = |rules: &[(Self, &[&str])]| texts.iter().find_map(|text| find(rules, text));
            in_any(SIGNS).or_else(|| in_any(HINTS))
        };
        let (texts, otherwise) = match reason {
            Some(Reason::GoneAtForge | Reason::Offline) => (&[fault][..], Self::LostContact),
            Some(Reason::GoneAtProvider | Reason::MachineStopped) => (&[fault][..], Self::Vanished),
            Some(Reason::Zombie) => (&[fault][..], Self::IgnoresJobs),
            Some(Reason::EndedWithoutJob) => (&[fault, log][..], Self::EndedEarly),
            // A step that takes too long says so itself, as one that waits for a lock does.
            Some(Reason::BootTimeout) if has_spoken => (&[fault, log, last_message][..], Self::TooSlow),
            Some(Reason::BootTimeout) => (&[fault][..], Self::NoCloudInit),
            _ => (&[fault, log][..], Self::Unknown),
        };
        by_words(texts).unwrap_or(otherwise)
    }

    /// The cause that the provider's words name when it could not make a machine.
    #[must_use]
    pub fn of_creation(fault: &str) -> Self {
        Self::of(&Evidence { fault, ..Evidence::default() })
    }

    /// The cause in words.
    #[must_use]
    pub const fn explained(self) -> &'static str {
        match self {
            Self::NoNetwork => "a connection could not be made, or broke",
            Self::Dns => "a name could not be resolved to an address",
            Self::Tls => "a certificate or a TLS connection was refused",
            Self::Proxy => "the proxy does not let the request through",
            Self::Clock => "a clock is wrong",
            Self::BadToken => "a token, a registration or credentials were refused, or have expired",
            Self::DiskFull => "the disk is full",
            Self::Digest => "a download is damaged, or is not the file that was asked for",
            Self::WrongArchitecture => "the software or the image is for another processor",
            Self::PackageManager => "the package manager failed",
            Self::MissingSoftware => "the image lacks a program or a library",
            Self::RetiredVersion => "the forge does not serve this version of the runner any more",
            Self::Capacity => "the provider has no room for the machine",
            Self::Quota => "a quota at the provider is used up",
            Self::OutOfMemory => "a process was killed for lack of memory",
            Self::ImageMissing => "the provider does not have the image",
            Self::PermissionDenied => "something is not permitted",
            Self::SeLinux => "SELinux, or a mount with noexec, forbids to run a program",
            Self::RunnerGroup => "the forge has no runner group of that name",
            Self::NameTaken => "the forge has a runner of that name already",
            Self::RemoteFault => "the other side is out of order",
            Self::DownloadMissing => "the download does not exist",
            Self::Registration => "the forge did not register the runner",
            Self::RunnerSoftware => "the runner software ended, or did not listen for jobs",
            Self::NoCloudInit => "the machine never reported anything: no network, no cloud-init, or it did not boot",
            Self::TooSlow => "the machine reported, and was not ready within the bootstrap timeout",
            Self::Vanished => "the machine is gone or stopped, and this server did not do that",
            Self::LostContact => "the forge lost the runner",
            Self::IgnoresJobs => "the runner was connected and was given no job",
            Self::EndedEarly => "the runner ended before it had a job",
            Self::Unknown => "the words name no cause that is known",
        }
    }
}

/// The first rule that fits the last line that any rule fits.
fn find(rules: &[(Cause, &[&str])], text: &str) -> Option<Cause> {
    let end = &text[text.ceil_char_boundary(text.len().saturating_sub(SEARCHED_BYTES))..];
    end.lines().rev().take(SEARCHED_LINES).find_map(|line| {
        let line = line.to_lowercase();
        rules.iter().find(|(_, phrases)| phrases.iter().any(|phrase| has(&line, phrase))).map(|(cause, _)| *cause)
    })
}

/// Whether the parts of a phrase stand in the line, one after the other.
fn has(line: &str, phrase: &str) -> bool {
    let mut rest = Some(line);
    for part in phrase.split('*') {
        rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, after)| after);
    }
    rest.is_some()
}

#[cfg(test)]
mod tests;

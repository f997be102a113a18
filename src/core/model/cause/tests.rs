//! The rules against words as programs print them.

use super::*;

/// What programs print, and the cause. Each word of [`Cause`] that words can name is here.
const WORDS: &[(Cause, &str)] = &[
    // curl
    (Cause::Dns, "curl: (6) Could not resolve host: forge.test"),
    (Cause::NoNetwork, "curl: (7) Failed to connect to forge.test port 443 after 3062 ms: Couldn't connect to server"),
    (Cause::NoNetwork, "curl: (28) Connection timed out after 10001 milliseconds"),
    (Cause::NoNetwork, "curl: (7) Couldn't connect to 192.0.2.1 port 443: Network is unreachable"),
    (Cause::Tls, "curl: (60) SSL certificate problem: unable to get local issuer certificate"),
    (Cause::Tls, "curl: (35) error:0A00010B:SSL routines::wrong version number"),
    (Cause::Clock, "curl: (60) SSL certificate problem: certificate is not yet valid"),
    (Cause::Proxy, "curl: (5) Could not resolve proxy: proxy.corp"),
    (Cause::Proxy, "curl: (56) Received HTTP code 407 from proxy after CONNECT"),
    (Cause::BadToken, "HTTP 401 from http://garm.test/api/v1/metadata/runner-registration-token"),
    (Cause::DownloadMissing, "HTTP 404 from https://forge.test/actions/runner/releases/download/v2.1.0/runner.tar.gz"),
    (Cause::RemoteFault, "HTTP 503 from http://garm.test/api/v1/metadata/credentials/runner, given up"),
    (Cause::DiskFull, "curl: (23) Failure writing output to destination, passed 16384 returned 0: No space left on device"),
    // tar, coreutils, bash
    (Cause::DiskFull, "tar: ./externals/node20/bin/node: Cannot write: No space left on device"),
    (Cause::DiskFull, "mktemp: failed to create directory via template '/tmp/tmp.4T9': No space left on device"),
    (Cause::DiskFull, "mkdir: cannot create directory '/home/runner/actions-runner.new': Disk quota exceeded"),
    (Cause::Digest, "gzip: stdin: not in gzip format"),
    (Cause::Digest, "the download of https://forge.test/runner.tar.gz does not have the SHA-256 checksum 00ff"),
    (
        Cause::Digest,
        "failed to fetch install script: the answer is not the server's, for it does not begin with #!: <html><title>Log in</title>",
    ),
    (Cause::WrongArchitecture, "/home/runner/actions-runner/bin/Runner.Listener: cannot execute binary file: Exec format error"),
    (Cause::OutOfMemory, "/tmp/tmp.4T9: line 172:  4242 Killed                  tar -xzf \"$kept/archive\" -C \"$run_home.new\""),
    (Cause::OutOfMemory, "bash: fork: Cannot allocate memory"),
    (Cause::PermissionDenied, "mkdir: cannot create directory '/home/runner': Permission denied"),
    (Cause::PermissionDenied, "sudo: a password is required"),
    (Cause::MissingSoftware, "/tmp/tmp.4T9: line 40: tar: command not found"),
    // Package managers
    (
        Cause::PackageManager,
        "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1182 (unattended-upgr)\nE: Unable to acquire the dpkg frontend lock \
         (/var/lib/dpkg/lock-frontend), is another process using it?",
    ),
    (
        Cause::Dns,
        "Err:1 http://archive.ubuntu.com/ubuntu noble InRelease\n  Temporary failure resolving 'archive.ubuntu.com'\nE: Unable to fetch some \
         archives, maybe run apt-get update or try with --fix-missing?",
    ),
    (Cause::PackageManager, "E: Unable to locate package libicu-none\nfailed to install dependencies after 20 attempts"),
    (Cause::PermissionDenied, "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)"),
    (Cause::Clock, "E: Release file for http://archive.ubuntu.com/ubuntu/dists/noble/InRelease is not valid yet (invalid for another 2h)"),
    (Cause::Digest, "E: Failed to fetch http://mirror.test/x.deb  Hash Sum mismatch"),
    (
        Cause::PackageManager,
        "Error: Failed to download metadata for repo 'baseos': Cannot prepare internal mirrorlist: no URLs in mirrorlist",
    ),
    (Cause::PackageManager, "No match for argument: lttng-ust\nError: Unable to find a match: lttng-ust"),
    (
        Cause::Tls,
        "Curl error (60): SSL peer certificate or SSH remote key was not OK [SSL certificate problem: self-signed certificate in chain]",
    ),
    (Cause::PackageManager, "Can't detect current OS type based on /etc/os-release."),
    // The runner software
    (Cause::BadToken, "Http response code: NotFound from 'POST https://api.forge.test/actions/runner-registration' (Request Id: 0400:1)"),
    (Cause::BadToken, "Failed to create a session. The runner registration has been deleted from the server, please re-configure."),
    (Cause::BadToken, "VssOAuthTokenRequestException: Registration 5b1f was not found."),
    (Cause::RetiredVersion, "An error occurred: Runner version v2.303.0 is deprecated and cannot receive messages."),
    (Cause::RunnerGroup, "Could not find any self-hosted runner group named \"gpu\"."),
    (Cause::NameTaken, "A runner exists with the same name garm-1."),
    (Cause::MissingSoftware, "Process terminated. Couldn't find a valid ICU package installed on the system."),
    (Cause::MissingSoftware, "Libicu's dependencies is missing for Dotnet Core 6.0"),
    (Cause::MissingSoftware, "./bin/Runner.Listener: /lib64/libc.so.6: version `GLIBC_2.28' not found (required by ./bin/Runner.Listener)"),
    (Cause::PermissionDenied, "Must not run with sudo"),
    (Cause::Tls, "The SSL connection could not be established, see inner exception. RemoteCertificateChainErrors"),
    (Cause::Registration, "failed to configure runner after 6 attempts: something new"),
    (Cause::RunnerSoftware, "the runner does not work: it does not listen for jobs: √ Connected"),
    // systemd and the kernel
    (
        Cause::SeLinux,
        "actions.runner.service: Failed at step EXEC spawning /home/runner/actions-runner/runsvc.sh: Permission denied\nactions.runner.service: \
         Main process exited, code=exited, status=203/EXEC",
    ),
    (Cause::SeLinux, "type=AVC msg=audit(1): avc:  denied  { execute } for  pid=1 comm=\"(unsvc.sh)\" name=\"runsvc.sh\""),
    (Cause::OutOfMemory, "actions.runner.service: A process of this unit has been killed by the OOM killer."),
    (Cause::OutOfMemory, "the runner does not work: it has ended with code 137: Listening"),
    // Windows
    (Cause::Dns, "The remote name could not be resolved: 'forge.test'"),
    (Cause::Tls, "The underlying connection was closed: Could not establish trust relationship for the SSL/TLS secure channel."),
    (Cause::NoNetwork, "Unable to connect to the remote server"),
    (Cause::DiskFull, "There is not enough space on the disk."),
    (Cause::PermissionDenied, "Access is denied"),
    (Cause::Digest, "End of Central Directory record could not be found."),
    // Clouds
    (Cause::Capacity, "No valid host was found. There are not enough hosts available."),
    (Cause::Quota, "Quota exceeded for cores: Requested 4, but already used 20 of 20 cores (HTTP 403) (Request-ID: req-1)"),
    (Cause::ImageMissing, "Image 3f29c5a1-0000-4444-8888-111122223333 could not be found. (HTTP 400)"),
    (Cause::BadToken, "The request you have made requires authentication. (HTTP 401)"),
    (
        Cause::Capacity,
        "InsufficientInstanceCapacity: We currently do not have sufficient t3.large capacity in the Availability Zone you requested",
    ),
    (Cause::Quota, "VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 32 allows"),
    (Cause::Quota, "MaxSpotInstanceCountExceeded: Max spot instance count exceeded"),
    (Cause::ImageMissing, "InvalidAMIID.NotFound: The image id '[ami-0abc]' does not exist"),
    (Cause::PermissionDenied, "UnauthorizedOperation: You are not authorized to perform this operation."),
    (
        Cause::Capacity,
        "ZonalAllocationFailed: Allocation failed. We do not have sufficient capacity for the requested VM size in this zone.",
    ),
    (
        Cause::Quota,
        "OperationNotAllowed: Operation could not be completed as it results in exceeding approved standardDSv3Family Cores quota. Current Limit: 10",
    ),
    (
        Cause::PermissionDenied,
        "AuthorizationFailed: The client 'x' does not have authorization to perform action 'Microsoft.Compute/write'",
    ),
    (Cause::ImageMissing, "Error: Failed getting image: The requested image couldn't be found for fingerprint \"ubuntu/none\""),
    (Cause::WrongArchitecture, "Error: Failed instance creation: Requested architecture isn't supported by this host"),
    (Cause::Quota, "Error: Reached maximum number of instances in project \"ci\""),
    (Cause::DiskFull, "Error: Failed to run: zfs clone: cannot create 'pool/x': no space left on device"),
    (Cause::Quota, "pods \"runner-1\" is forbidden: exceeded quota: compute, requested: cpu=4, used: cpu=8, limited: cpu=8"),
    (Cause::Capacity, "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available"),
    (Cause::ImageMissing, "Failed to pull image \"registry.test/ci:none\": manifest unknown"),
    (Cause::OutOfMemory, "Last State: Terminated, Reason: OOMKilled, Exit Code: 137"),
    (Cause::PermissionDenied, "pods is forbidden: User \"system:serviceaccount:ci:garm\" cannot create resource \"pods\""),
    (Cause::WrongArchitecture, "no matching manifest for linux/arm64/v8 in the manifest list entries"),
    (Cause::Capacity, "ZONE_RESOURCE_POOL_EXHAUSTED: The zone does not have enough resources available to fulfill the request"),
    (Cause::Tls, "Post \"https://10.0.0.1:8443/1.0/instances\": x509: certificate signed by unknown authority"),
    (Cause::NoNetwork, "dial tcp 10.0.0.1:8443: connect: connection refused"),
    (Cause::Unknown, "failed while starting (line 12)"),
    (Cause::Unknown, ""),
];

#[test]
fn words_of_programs_name_their_cause() {
    let wrong: Vec<_> =
        WORDS.iter().map(|(cause, words)| (Cause::of_creation(words), *cause, *words)).filter(|(found, cause, _)| found != cause).collect();
    assert!(wrong.is_empty(), "found, expected, words: {wrong:#?}");
}

#[test]
fn every_rule_is_met_by_words() {
    for (cause, _) in SIGNS.iter().chain(HINTS) {
        assert!(WORDS.iter().any(|(known, _)| known == cause), "no words for {cause}");
    }
}

#[test]
fn phrases_are_in_lower_case_as_the_text_that_they_are_looked_for_in() {
    for (cause, phrases) in SIGNS.iter().chain(HINTS) {
        for phrase in *phrases {
            assert_eq!(*phrase, phrase.to_lowercase(), "of {cause}");
        }
    }
}

#[test]
fn the_fault_counts_before_the_log_and_the_end_of_the_log_before_its_beginning() {
    let log = "curl: (6) Could not resolve host: forge.test\nok after all\ntar: x: Cannot write: No space left on device\n";
    let of = |fault, log| Cause::of(&Evidence { has_spoken: true, fault, log, ..Evidence::default() });
    assert_eq!(of("failed while extracting the runner (line 175)", log), Cause::DiskFull);
    assert_eq!(of("the download of x does not have the SHA-256 checksum 00", log), Cause::Digest);
    // Where it failed is less than why.
    assert_eq!(of("failed to install dependencies after 20 attempts: E: x", log), Cause::DiskFull);
    assert_eq!(of("failed to install dependencies after 20 attempts: E: x", "nothing of note"), Cause::PackageManager);
    let far = format!("{log}{}", "a line\n".repeat(SEARCHED_LINES));
    assert_eq!(of("it failed", &far), Cause::Unknown);
    let endless = format!("{log}{}", "ü".repeat(SEARCHED_BYTES));
    assert_eq!(of("it failed", &endless), Cause::Unknown, "a cut within a character is no panic");
}

#[test]
fn a_runner_that_says_nothing_is_judged_by_how_it_went() {
    let of = |reason, has_spoken, last_message| {
        Cause::of(&Evidence { reason: Some(&reason), has_spoken, last_message, log: "curl: (6)", ..Evidence::default() })
    };
    assert_eq!(of(Reason::BootTimeout, false, "machine made"), Cause::NoCloudInit);
    assert_eq!(of(Reason::GoneAtProvider, true, "could not get lock"), Cause::Vanished);
    assert_eq!(of(Reason::MachineStopped, true, ""), Cause::Vanished);
    assert_eq!(of(Reason::Offline, true, ""), Cause::LostContact);
    assert_eq!(of(Reason::GoneAtForge, true, ""), Cause::LostContact);
    assert_eq!(of(Reason::Zombie, true, ""), Cause::IgnoresJobs);
    let slow =
        |last_message| Cause::of(&Evidence { reason: Some(&Reason::BootTimeout), has_spoken: true, last_message, ..Evidence::default() });
    assert_eq!(slow("downloading tools from https://forge.test/runner.tar.gz"), Cause::TooSlow);
    assert_eq!(slow("failed to install dependencies (attempt 12): E: Could not get lock (retrying in 15 seconds)"), Cause::PackageManager);
    let ended = Evidence { reason: Some(&Reason::EndedWithoutJob), has_spoken: true, ..Evidence::default() };
    assert_eq!(Cause::of(&ended), Cause::EndedEarly);
    let vanished = Evidence { reason: Some(&Reason::GoneAtProvider), fault: "the kernel: Out of memory", ..Evidence::default() };
    assert_eq!(Cause::of(&vanished), Cause::OutOfMemory, "words count where there are some");
}

proptest::proptest! {
    #[test]
    fn any_text_has_a_cause(fault: String, log: String) {
        let cause = Cause::of(&Evidence { fault: &fault, log: &log, ..Evidence::default() });
        proptest::prop_assert!(Cause::ALL.contains(&cause));
    }
}

//! Finds and reads the configuration.

use std::path::{Path, PathBuf};

use super::check::{Checker, Config};
use super::file::{File, KEYS};
use super::toml_file::{closest_key, read_toml};
use super::{Error, defaults, modes};
use crate::model::SecretString;

/// Where upstream looks when nothing is said.
pub const SYSTEM_FILE: &str = "/etc/garm/config.toml";

/// A configuration and what there is to say about it.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The remarks for the operator.
    pub warnings: Vec<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a configuration came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// Defaults below a directory.
    Defaults(PathBuf),
}

impl Origin {
    /// Whether there is something to read; otherwise the first start makes it.
    #[must_use]
    pub fn exists(&self) -> bool {
        match self {
            Self::File(_) => true,
            Self::Defaults(dir) => defaults::secrets(dir).exists(),
        }
    }
}

/// Where the configuration comes from: the file given, or the system's if it exists, or defaults. Nothing is read or made.
///
/// # Errors
/// When this account has no home for the data of programs.
pub fn find(given: Option<&Path>) -> Result<Origin, Error> {
    let system = Path::new(SYSTEM_FILE);
    match given {
        Some(path) => Ok(Origin::File(path.to_owned())),
        None if system.exists() => Ok(Origin::File(system.to_owned())),
        None => defaults::directory().map(Origin::Defaults),
    }
}

/// Reads the file given, or the system's if it exists, or makes defaults. `secret` makes random texts of a length.
///
/// # Errors
/// The fault, with file, key, value and the allowed values.
pub fn load(given: Option<&Path>, secret: impl Fn(usize) -> SecretString) -> Result<Loaded, Error> {
    let origin = find(given)?;
    let (file, (config, mut warnings)) = match &origin {
        Origin::Defaults(dir) => (defaults::secrets(dir), (defaults::config(dir, secret)?, Vec::new())),
        Origin::File(path) => {
            let text = std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.clone(), source })?;
            (path.clone(), read(path, &text)?)
        }
    };
    warnings.extend(modes::loose(&file, &config));
    Ok(Loaded { config, warnings, origin })
}

fn read(path: &Path, text: &str) -> Result<(Config, Vec<String>), Error> {
    let (file, unknown) = read_toml::<File>(path, text)?;
    let unknown: Vec<String> = unknown.iter().map(|key| unknown_key(key)).collect();
    let mut checker = Checker::new(path, unknown.clone());
    match checker.config(file) {
        Ok(config) => Ok((config, checker.warnings)),
        // A key that is written wrong is missing under its own name.
        Err(error) if !unknown.is_empty() => Err(Error::Unknown { error: Box::new(error), unknown }),
        Err(error) => Err(error),
    }
}

/// The remark about an unknown key or section.
fn unknown_key(key: &str) -> String {
    match closest_key(key, KEYS) {
        Some(known) => format!("unknown key {key}; did you mean {known}?"),
        None => format!("unknown key {key}; it has no effect"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::{DatabaseConfig, LogFormat};
    use crate::model::expose;

    const GOOD: &str = r#"
[apiserver]
bind = "127.0.0.1"
port = 9997
[jwt_auth]
secret = "planted-kU4-mvz-Gully-0x7"
time_to_live = "8760h"
[database]
backend = "sqlite3"
passphrase = "shreotsinWadquidAitNefayctowUrph"
[database.sqlite3]
db_file = "/tmp/garm.db"
[logging]
log_format = "json"
[[provider]]
name = "local"
provider_type = "external"
[provider.external]
provider_executable = "/bin/sh"
"#;

    fn read_text(text: &str) -> Result<(Config, Vec<String>), Error> {
        read(Path::new("/etc/garm/config.toml"), text)
    }

    #[test]
    fn a_file_for_upstream_loads() {
        let (config, warnings) = read_text(GOOD).expect("good");
        assert_eq!((config.listen.port(), config.log.format, warnings.len()), (9997, LogFormat::Json, 0));
        assert_eq!((config.providers[0].name.as_str(), config.providers[0].jit), ("local", true));
        assert!(matches!(config.database, DatabaseConfig::Sqlite { .. }));
    }

    #[test]
    fn an_unknown_key_is_warned_about_with_the_closest_known_one() {
        let text = GOOD.replace("provider_executable", "provider_executible").replace("port = 9997", "port = 9997\nfancy = 1");
        let error = read_text(&text).expect_err("the executable is missing now");
        assert!(error.to_string().contains("provider.local.external.provider_executable"), "{error}");
        let text = GOOD.replace("log_format", "log_fromat");
        let (_, warnings) = read_text(&text).expect("loads");
        assert_eq!(warnings, ["unknown key logging.log_fromat; did you mean logging.log_format?"]);
    }

    #[test]
    fn every_wrong_value_is_named_with_file_key_and_what_is_allowed() {
        let table = [
            ("port = 9997", "port = 0", "/etc/garm/config.toml: apiserver.port = 0: must be between 1 and 65535"),
            ("\"127.0.0.1\"", "\"localhost\"", "apiserver.bind = \"localhost\": must be an IP address"),
            ("\"sqlite3\"", "\"mysql\"", "database.backend = \"mysql\": MySQL is not supported"),
            ("\"8760h\"", "\"1y\"", "jwt_auth.time_to_live = \"1y\": must be a duration"),
            ("\"json\"", "\"xml\"", "logging.log_format = \"xml\": must be \"text\" or \"json\""),
            ("\"external\"", "\"lxd\"", "provider.local.provider_type = \"lxd\": use the external LXD or Incus provider"),
            ("\"/bin/sh\"", "\"sh\"", "must be an absolute path"),
            ("[logging]", "[metrics]\nperiod = \"abc\"\n[logging]", "metrics.period = \"abc\": must be a duration"),
            ("[logging]", "[metrics]\nperiod = 60\n[logging]", "metrics.period = 60: must be a duration"),
            ("[logging]", "[limits]\nconnections = 3\n[logging]", "limits.connections = 3: must be between 16 and 65536"),
            ("[jwt_auth]", "[jwtauth]", "jwt_auth.secret = (missing): is required"),
            ("[jwt_auth]", "[jwtauth]", "(unknown key jwtauth; did you mean jwt_auth?)"),
            ("port = 9997", "port = \"x\"", "apiserver.port: invalid type: string \"x\", expected i64"),
            ("port = 9997", "port = ", "/etc/garm/config.toml: line 4: "),
        ];
        for (good, bad, expected) in table {
            let error = read_text(&GOOD.replace(good, bad)).expect_err(bad).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn blanks_and_line_ends_around_values_are_dropped() {
        let typed = GOOD
            .replace("\"127.0.0.1\"", "\" 127.0.0.1\\n\"")
            .replace("ctowUrph\"", "ctowUrph\\r\\n\"")
            .replace("port = 9997", "port = 9997\ncors_origins = [\"https://UI.example.com/\", \" *\"]")
            .replace("[logging]", "[proxy]\nhttp_proxy = \" http://me:planted@proxy.example.com:3128\\n\"\n[logging]");
        let (config, warnings) = read_text(&typed).expect("good");
        assert_eq!((config.listen.to_string().as_str(), expose(&config.passphrase).len()), ("127.0.0.1:9997", 32));
        assert_eq!(config.cors_origins, ["https://ui.example.com", "*"]);
        assert_eq!((config.proxy, warnings.len()), (vec![("http_proxy", "http://me:planted@proxy.example.com:3128".to_owned())], 0));
        let wrong = GOOD.replace("[logging]", "[proxy]\nhttp_proxy = \"me:planted@proxy.example.com\"\n[logging]");
        let error = read_text(&wrong).expect_err("it has no scheme").to_string();
        assert!(
            error.contains("proxy.http_proxy = (not shown): must be a URL with scheme (http, https, socks5, socks5h) and host")
                && !error.contains("planted"),
            "{error}"
        );
        let wrong = GOOD.replace("port = 9997", "port = 9997\ncors_origins = [\"ui.example.com\"]");
        let (_, warnings) = read_text(&wrong).expect("loads");
        assert!(
            warnings[0].contains("\"ui.example.com\" is not an http or https URL") && warnings[0].ends_with("it lets nobody in"),
            "{warnings:?}"
        );
    }

    #[test]
    fn files_of_a_provider_that_cannot_be_used_are_warned_about_and_do_not_keep_the_server_from_starting() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let plain = dir.path().join("plain");
        std::fs::write(&plain, "").expect("written");
        let (dir, plain) = (dir.path().display().to_string(), plain.display().to_string());
        let table = [("/nowhere/provider", "does not exist"), (dir.as_str(), "is not a file"), (plain.as_str(), "is not executable")];
        for (path, wrong) in table {
            let (_, warnings) = read_text(&GOOD.replace("/bin/sh", path)).expect("loads");
            let told = format!(
                "provider.local.external.provider_executable = {path:?}: {wrong}; the provider cannot be called until this is put right"
            );
            assert_eq!(warnings, [told]);
        }
        let text = GOOD.replace("\"/bin/sh\"", "\"/bin/sh\"\nconfig_file = \"/nowhere/provider.toml\"");
        let (_, warnings) = read_text(&text).expect("loads");
        assert!(
            warnings[0].starts_with("provider.local.external.config_file = \"/nowhere/provider.toml\": does not exist"),
            "{warnings:?}"
        );
    }

    #[test]
    fn secrets_that_can_be_guessed_are_told_of_without_showing_them() {
        let weak = |text: &str| read_text(text).expect("loads").0.weak_secrets;
        assert_eq!(weak(GOOD), [""; 0]);
        let both =
            weak(&GOOD.replace("planted-kU4-mvz-Gully-0x7", "hunter2").replace("shreotsinWadquidAitNefayctowUrph", &"ab".repeat(16)));
        assert_eq!(both.len(), 2);
        assert!(both[0].starts_with("/etc/garm/config.toml: database.passphrase = (not shown): it is too easy to guess: "), "{both:?}");
        assert!(both[1].starts_with("/etc/garm/config.toml: jwt_auth.secret = (not shown): it is too easy to guess: "), "{both:?}");
        assert!(!both.concat().contains("hunter2") && !both.concat().contains("abab"), "{both:?}");
    }

    #[test]
    fn a_passphrase_that_a_guesser_with_a_copy_of_the_database_finds_is_warned_about() {
        let (config, warnings) =
            read_text(&GOOD.replace("shreotsinWadquidAitNefayctowUrph", "openstack-runneropenstack-runner")).expect("loads");
        assert_eq!(config.weak_secrets, [""; 0], "upstream takes it");
        assert!(warnings.len() == 1 && warnings[0].starts_with("database.passphrase = (not shown): IT CAN BE GUESSED"), "{warnings:?}");
        assert!(!warnings[0].contains("openstack"), "{warnings:?}");
    }

    #[test]
    fn a_database_elsewhere_whose_certificate_is_not_verified_is_warned_about() {
        let warnings = |host: &str, mode: &str| {
            let section =
                format!("[database.postgresql]\nusername = \"garm\"\npassword = \"x\"\nhostname = {host:?}\ndatabase = \"garm\"\n{mode}");
            let text = GOOD.replace("\"sqlite3\"", "\"postgresql\"").replace("[database.sqlite3]\ndb_file = \"/tmp/garm.db\"\n", &section);
            read_text(&text).expect("loads").1
        };
        for mode in ["", "sslmode = \"disable\"\n", "sslmode = \"prefer\"\n", "sslmode = \"require\"\n"] {
            for host in ["db.example.com", "192.0.2.1", "localhost.example.com"] {
                let told = warnings(host, mode);
                let is_told = told.len() == 1
                    && told[0].contains(&format!("the certificate of {host} is not verified"))
                    && told[0].contains("\"verify-full\"");
                assert!(is_told, "{host} {mode}: {told:?}");
            }
            for host in ["localhost", "127.0.0.1", "::1", "/run/postgresql"] {
                assert_eq!(warnings(host, mode), [""; 0], "{host} {mode}");
            }
        }
        for mode in ["verify-ca", "verify-full"] {
            assert_eq!(warnings("db.example.com", &format!("sslmode = {mode:?}\n")), [""; 0]);
        }
    }

    #[test]
    fn every_file_that_gives_others_power_over_the_server_is_warned_about() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let bin = dir.path().join("bin");
        std::fs::create_dir(&bin).expect("made");
        let [file, key, of_provider] = ["garm.toml", "key.pem", "provider.toml"].map(|name| dir.path().join(name));
        let program = bin.join("provider");
        let text = GOOD
            .replace("port = 9997", &format!("port = 9997\nuse_tls = true\n[apiserver.tls]\ncertificate = {key:?}\nkey = {key:?}"))
            .replace("\"/bin/sh\"", &format!("{program:?}\nconfig_file = {of_provider:?}"));
        for (path, text) in [(&file, text.as_str()), (&key, ""), (&of_provider, ""), (&program, "")] {
            std::fs::write(path, text).expect("written");
        }
        let told = |of_files, of_programs| {
            for (path, mode) in
                [(&file, of_files), (&key, of_files), (&of_provider, of_files), (&program, of_programs), (&bin, of_programs)]
            {
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
            }
            load(Some(&file), crate::crypto::random::secret).expect("loads").warnings
        };
        assert_eq!(told(0o600, 0o755), [""; 0]);
        let warnings = told(0o644, 0o777);
        for (deed, path) in [("read", &file), ("read", &key), ("read", &of_provider), ("change", &program), ("change", &bin)] {
            let begins = format!("every account of this machine may {deed} {} (mode ", path.display());
            assert_eq!(warnings.iter().filter(|warning| warning.starts_with(&begins)).count(), 1, "{begins}: {warnings:?}");
        }
        assert_eq!(warnings.len(), 5, "{warnings:?}");
    }

    /// Commented where it is not the default, or has no effect.
    #[test]
    fn the_example_has_every_key() {
        let (mut section, mut found) = (String::new(), Vec::new());
        for line in include_str!("../../examples/config.toml").lines() {
            let line = line.trim_start_matches("# ");
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                name.trim_matches(['[', ']']).clone_into(&mut section);
            } else if let Some((key, _)) = line.split_once(" = ") {
                found.push(format!("{section}.{key}"));
            }
        }
        let missing: Vec<_> = KEYS.iter().filter(|key| !found.contains(&(**key).to_owned())).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    /// Filled in as its comments ask.
    #[test]
    fn the_example_loads_once_its_secrets_are_filled_in() {
        let example = include_str!("../../examples/config.toml").replace("/var/lib/garm/", "/tmp/");
        let (config, _) = read_text(&example.replace("/opt/garm/providers/garm-provider-local", "/bin/sh")).expect("loads");
        assert!(config.weak_secrets.iter().all(|weak| weak.contains("it is still that of the example")), "{:?}", config.weak_secrets);
        assert_eq!(config.weak_secrets.len(), 2);
        let filled = example
            .replace("/opt/garm/providers/garm-provider-local", "/bin/sh")
            .replace("/etc/garm/provider-local.conf", "/bin/sh")
            .replace("CHANGE-ME: a long random text", "kU4-mvz-Gully-0x7-Qorvath")
            .replace("CHANGE-ME: 32 characters exactly", "shreotsinWadquidAitNefayctowUrph");
        let (config, warnings) = read_text(&filled).expect("loads");
        assert_eq!((config.providers.len(), warnings, config.weak_secrets), (1, Vec::new(), Vec::new()));
    }

    #[test]
    fn mistakes_about_secrets_do_not_show_them() {
        let error = read_text(&GOOD.replace("shreotsinWadquidAitNefayctowUrph", "too-short-secret")).expect_err("too short");
        assert!(!error.to_string().contains("too-short-secret"), "{error}");
        let (config, _) = read_text(GOOD).expect("good");
        assert!(!format!("{config:?}").contains("planted"));
    }

    #[test]
    fn without_a_file_secrets_are_made_once_and_kept_private() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let first = defaults::config(dir.path(), crate::crypto::random::secret).expect("made");
        let second = defaults::config(dir.path(), crate::crypto::random::secret).expect("read again");
        assert_eq!(expose(&first.passphrase), expose(&second.passphrase));
        assert_eq!(expose(&first.passphrase).len(), 32);
        let mode = std::fs::metadata(dir.path().join("secrets.toml")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

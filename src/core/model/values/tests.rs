//! The doors: what they mend, what they refuse, and what holds of everything that they let through.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::text::is_unseen;
use super::*;
use crate::model::{OsArch, OsType, SecretString, expose};

fn strings(given: &[&str]) -> Vec<String> {
    given.iter().map(|text| (*text).to_owned()).collect()
}

/// Pieces that values are made of.
const PIECES: &[&str] = &[
    "https",
    "http",
    "://",
    ":",
    "/",
    "//",
    "?",
    "#",
    "@",
    "\\",
    "ghes.example.com",
    "GHES",
    "münchen.example",
    "127.1",
    "[::1]",
    ".",
    ":443",
    ":80",
    ":8443",
    ":0",
    "api",
    "v3",
    " ",
    "\n",
    "\r\n",
    "\t",
    "\u{a0}",
    "\u{feff}",
    "\u{202e}",
    "\u{0}",
    ",",
    "-",
    "_",
    "linux",
    "Linux",
    "self-hosted",
    ".git",
    "ß",
    "İ",
    "💡",
];

/// Texts of these pieces, beside arbitrary ones: arbitrary texts alone are hardly ever addresses.
fn arbitrary_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

fn for_all<S: Strategy>(of: &S, property: impl Fn(S::Value)) {
    let asked = Config::default();
    let rng_seed = if let RngSeed::Fixed(seed) = asked.rng_seed { RngSeed::Fixed(seed) } else { RngSeed::Fixed(1) };
    let config = Config { cases: asked.cases.saturating_mul(16), failure_persistence: None, rng_seed, ..asked };
    let checked = TestRunner::new(config).run(of, |value| {
        property(value);
        Ok(())
    });
    checked.expect("the property holds");
}

type Door = (&'static str, fn(&str) -> Result<String, InvalidValue>, usize);

const DOORS: [Door; 11] = [
    ("url", url, URL_MAX + 64),
    ("base_url", base_url, URL_MAX + 64),
    ("host_url", host_url, URL_MAX + 64),
    ("name", name, NAME_MAX),
    ("path_name", path_name, NAME_MAX),
    ("entity_name", entity_name, NAME_MAX),
    ("scale_set_name", scale_set_name, NAME_MAX),
    ("runner_prefix", runner_prefix, PREFIX_MAX),
    ("line", |given| line(given, LINE_MAX), LINE_MAX),
    ("agent_version", agent_version, LINE_MAX),
    ("token", |given| token(&given.into()).map(|token| expose(&token).to_owned()), 4096),
];

#[test]
fn a_value_that_went_through_its_door_goes_through_again_unchanged_is_bounded_and_can_be_seen() {
    for (kind, door, max) in DOORS {
        for_all(&arbitrary_text(), |given| match door(&given) {
            Ok(value) => {
                assert_eq!(door(&value).as_ref(), Ok(&value), "{kind}: {given:?}");
                assert!(value.len() <= max && !value.contains(is_unseen) && trim(&value) == value, "{kind}: {given:?} is {value:?}");
            }
            Err(refused) => assert!(!refused.to_string().contains(is_unseen), "{kind}: {refused}"),
        });
    }
    for_all(&arbitrary_text(), |given| {
        if let Ok(value) = text(&given) {
            assert_eq!(text(&value).as_ref(), Ok(&value), "{given:?}");
            assert!(!value.contains(|c: char| is_unseen(c) && c != '\n' && c != '\t'), "{value:?}");
        }
    });
}

#[test]
fn labels_that_went_through_their_door_go_through_again_unchanged_and_no_two_are_equal() {
    for_all(&prop::collection::vec(arbitrary_text(), 0..6), |given| {
        let Ok(value) = labels(&given) else { return };
        assert_eq!(labels(&value).as_ref(), Ok(&value));
        assert_eq!((stored_labels(&value), job_labels(value.clone())), (value.clone(), Ok(value.clone())));
        assert!(!value.is_empty() && value.iter().all(|label| !label.is_empty() && !label.contains(',') && !label.contains(is_unseen)));
        let folded: std::collections::BTreeSet<_> = value.iter().map(|label| label.to_lowercase()).collect();
        assert_eq!(folded.len(), value.len(), "{value:?}");
    });
}

#[test]
fn the_words_of_others_are_never_refused_and_have_an_end_and_no_nul() {
    for_all(&prop::collection::vec(arbitrary_text(), 0..6), |given| {
        let (given, max) = (given.concat(), 24);
        let kept = told(&given, max);
        assert!(kept.len() <= max && !kept.contains('\0'), "{kept:?}");
        assert_eq!(told(&kept, max), kept);
        let whole = given.replace('\0', "\u{fffd}");
        match kept.strip_suffix('…') {
            Some(begin) if kept != whole => assert!(whole.starts_with(begin) && whole.len() > max, "{kept:?}"),
            _ => assert_eq!(kept, whole),
        }
    });
}

#[test]
fn an_address_has_one_form_however_it_is_typed() {
    let table = [
        ("https://forge.example.org", "https://forge.example.org"),
        ("HTTPS://Forge.Example.ORG/", "https://forge.example.org"),
        ("https://forge.example.org:443//", "https://forge.example.org"),
        ("http://forge.example.org:80", "http://forge.example.org"),
        ("\u{feff} https://forge.example.org/\u{a0}\r\n", "https://forge.example.org"),
        ("https://forge.example.org.", "https://forge.example.org"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://[0:0:0:0:0:0:0:1]:8443/", "https://[::1]:8443"),
        ("https://forge.example.org/Api/V3/", "https://forge.example.org/Api/V3"),
    ];
    for (typed, form) in table {
        assert_eq!(base_url(typed).as_deref(), Ok(form), "{typed:?}");
        assert_eq!(stored_url(typed.to_owned()), form);
    }
    assert_eq!(root_url(" https://FORGE.example.org/api/v3/ ").as_deref(), Ok("https://forge.example.org/api/v3/"));
    assert_eq!(root_url("https://forge.example.org:443").as_deref(), Ok("https://forge.example.org"));
    assert_eq!(stored_url("ftp://forge.example.org/old".to_owned()), "ftp://forge.example.org/old", "what cannot be read stays");
    for behind in ["/?tab=x", "#b", "/a/#b", "?x=1#y"] {
        let bare = if behind.starts_with("/a") { "https://forge.example.org/a" } else { "https://forge.example.org" };
        assert_eq!(base_url(&format!("https://forge.example.org{behind}")).as_deref(), Ok(bare), "{behind}");
    }
    assert_eq!(url("https://forge.example.org/releases?page=1").as_deref(), Ok("https://forge.example.org/releases?page=1"));
}

#[test]
fn an_address_that_cannot_be_meant_is_refused_with_the_way_out_and_without_a_password() {
    let table = [
        ("forge.example.org", "is not an http or https URL; write it like https://"),
        ("ssh://forge.example.org", "is not an http or https URL"),
        ("https:forge.example.org", "is not an http or https URL"),
        ("https://forge.example.org\nhttps://other.example.org", "has a blank, a line end"),
        ("https:\\\\forge.example.org", "has a blank, a line end or a backslash"),
        ("https://forge.example.org:0", "has port 0"),
        ("https://forge.example.org:99999", "is not a URL"),
        ("https://", "is not a URL"),
        ("https://.", "is not a URL"),
        ("https://me:hunter2@forge.example.org", "\"…@forge.example.org\" has a user name or a password in it"),
        ("ftp://me:hunter2@forge.example.org", "is not an http or https URL"),
    ];
    for (typed, expected) in table {
        let refused = base_url(typed).expect_err(typed).to_string();
        assert!(refused.contains(expected) && !refused.contains("hunter2"), "{typed:?}: {refused}");
    }
    let refused = host_url("https://forge.example.org/login").expect_err("it has a path").to_string();
    assert_eq!(refused, "\"https://forge.example.org/login\" has a path; write the address of the host alone, https://forge.example.org");
    assert!(base_url(&format!("https://forge.example.org/{}", "a".repeat(URL_MAX))).is_err());
}

#[test]
fn addresses_of_one_site_are_equal_and_those_of_others_are_not() {
    let of_job = "https://forge.example.org/octo/hello/actions/runs/1?pr=2#x";
    for same in ["https://FORGE.example.org", "http://forge.example.org:80/login", " https://forge.example.org.:443/ "] {
        assert_eq!(site(same), site(of_job), "{same}");
    }
    for other in ["https://forge.example.org:8443", "https://forge.example.com", "https://org", "http://forge.example.org:443"] {
        assert_ne!(site(other), site(of_job), "{other}");
    }
    for none in ["", "forge.example.org", "ssh://forge.example.org", "https://"] {
        assert_eq!(site(none), None, "{none:?}");
    }
}

#[test]
fn labels_are_read_as_people_write_lists() {
    let table: [(&[&str], &[&str]); 5] = [
        (&["gpu, large"], &["gpu", "large"]),
        (&[" gpu", "large\n", "\tGPU"], &["gpu", "large"]),
        (&["gpu,,", ""], &["gpu"]),
        (&["with blank"], &["with blank"]),
        (&["größe", "GRÖSSE", "GRÖßE"], &["größe", "GRÖSSE"]),
    ];
    for (given, expected) in table {
        assert_eq!(labels(&strings(given)).as_deref(), Ok(&strings(expected)[..]), "{given:?}");
    }
    let many: Vec<String> = (0..=POOL_LABELS_MAX).map(|number| format!("l{number}")).collect();
    let table = [
        (strings(&["gpu\nlarge"]), "\"gpu\\nlarge\" has a line end"),
        (strings(&["gpu\u{202e}"]), ""),
        (strings(&["g\u{1b}[31mpu"]), "cannot be seen"),
        (strings(&[&"x".repeat(257)]), "has 257 bytes; at most 256 are allowed"),
        (many.clone(), "more than 98 labels"),
        (strings(&[" ", ","]), "there is no label"),
        (Vec::new(), "there is no label"),
    ];
    for (given, expected) in table {
        match labels(&given) {
            Ok(labels) => assert_eq!((expected, labels), ("", strings(&["gpu"]))),
            Err(refused) => assert!(!expected.is_empty() && refused.to_string().contains(expected), "{refused}"),
        }
    }
    assert_eq!(labels(&many[1..]).map(|labels| labels.len()), Ok(98), "with the marks of controller and pool that makes a hundred");
}

#[test]
fn the_labels_of_a_job_that_no_runner_can_have_fit_nothing() {
    assert_eq!(job_labels(strings(&["GPU", "gpu", "large"])), Ok(strings(&["GPU", "large"])));
    assert_eq!(job_labels(vec!["gpu".to_owned(); 50_000]), Ok(strings(&["gpu"])));
    let refused = |labels| job_labels(labels).expect_err("refused").to_string();
    assert_eq!(refused((0..60_000).map(|number| format!("l{number}")).collect()), "there are more than 100 labels");
    let long = refused(vec!["gpu".to_owned(), "x".repeat(300)]);
    assert!(long.ends_with("has 300 bytes; at most 256 are allowed") && long.len() < 200, "{long}");
    assert_eq!(stored_labels(&strings(&[" gpu", "", "GPU", "a,b"])), strings(&["gpu", "a", "b"]));
}

#[test]
fn names_are_mended_or_refused() {
    assert_eq!(name(" my forge\r\n").as_deref(), Ok("my forge"));
    for bad in ["", " \n", "my\nforge", "my\u{202e}forge", &"x".repeat(NAME_MAX + 1)] {
        assert!(name(bad).is_err(), "{bad:?}");
    }
    for bad in [".", "a/b", "50%"] {
        assert!(path_name(bad).is_err(), "{bad:?}");
    }
    for (given, expected) in
        [("octo ", "octo"), ("hello.git", "hello"), ("hello.git.git", "hello"), ("octo/", "octo"), ("a.b_c-d", "a.b_c-d")]
    {
        assert_eq!(entity_name(given).as_deref(), Ok(expected));
    }
    let refused = entity_name("https://forge.example.org/octo/hello").expect_err("it is an address").to_string();
    assert!(refused.ends_with("write owner and name apart, such as \"hello\" alone"), "{refused}");
    for bad in ["", "..", "oc to", "octö", "a\u{0}b"] {
        assert!(entity_name(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_runner_prefix_is_the_beginning_of_a_host_name() {
    let table = [("big_runner", "big-runner"), ("--big", "big"), ("big.eu", "big-eu"), ("Big", "Big"), ("4core", "4core"), ("", "")];
    for (given, expected) in table {
        assert_eq!(runner_prefix(given).as_deref(), Ok(expected), "{given:?}");
        assert_eq!(stored_prefix(given), expected, "{given:?}");
    }
    for bad in ["-", "big/eu", "bïg", "big\neu", &"x".repeat(PREFIX_MAX + 1)] {
        assert!(runner_prefix(bad).is_err(), "{bad:?}");
    }
    assert_eq!(stored_prefix("bïg\n"), "b-g", "a stored one is mended");
}

#[test]
fn secrets_lose_the_line_end_of_their_file_and_are_in_no_error() {
    let secret = |text: &str| SecretString::from(text);
    assert_eq!(expose(&token(&secret(" ghp_planted\r\n")).expect("good")), "ghp_planted");
    assert_eq!(expose(&webhook_secret(&secret(" planted secret \n")).expect("good")), " planted secret ");
    assert_eq!(expose(&password(&secret("planted \r\n"))), "planted ");
    for bad in ["", "\n", "planted one", "planted\none", "plänted", &"planted".repeat(1000)] {
        let refused = token(&secret(bad)).expect_err("it is no token").to_string();
        assert!(!refused.contains("planted"), "{refused}");
    }
    for bad in ["", "\r\n", "planted\none", &"planted".repeat(1000)] {
        let refused = webhook_secret(&secret(bad)).expect_err("it is no secret").to_string();
        assert!(!refused.contains("planted"), "{refused}");
    }
}

#[test]
fn words_are_known_in_the_spellings_of_other_tools() {
    for (given, expected) in [("Linux ", OsType::Linux), ("WINDOWS", OsType::Windows), ("win", OsType::Windows)] {
        assert_eq!(os_type(given), Ok(expected));
    }
    for (given, expected) in [("x86_64", OsArch::Amd64), ("aarch64\n", OsArch::Arm64), ("armv7l", OsArch::Arm), ("AMD64", OsArch::Amd64)] {
        assert_eq!(os_arch(given), Ok(expected));
    }
    assert!(os_type("unknown").is_err() && os_type("").is_err() && os_arch("i386").is_err());
    for (given, expected) in [("latest", ""), ("", ""), ("1.2.3", "1.2.3"), ("v1.0.0-rc.1+x\n", "v1.0.0-rc.1+x")] {
        assert_eq!(agent_version(given).as_deref(), Ok(expected));
    }
    for bad in ["newest", "1.2", "v1.2.x", "1.2.3.4", "1.2.3-a b"] {
        assert!(agent_version(bad).is_err(), "{bad}");
    }
}

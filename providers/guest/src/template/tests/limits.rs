//! No template takes the process down, or more than its share.

use super::super::limits::{DEPTH_MAX, NESTING_MAX, TEXT_MAX};
use super::*;

fn fault(template: &str) -> String {
    Template::parse(template).expect("reads").render(&context()).map(|_| ()).expect_err("a limit").to_string()
}

#[test]
fn nesting_ends_somewhere() {
    let nested = |open: &str, inner: &str, close: &str, count: usize| format!("{}{inner}{}", open.repeat(count), close.repeat(count));
    let kinds = [
        ("{{if .On}}", "x", "{{end}}", "blocks are nested too deep"),
        ("{{with $.On}}", "x", "{{end}}", "blocks are nested too deep"),
        ("{{range 1}}", "x", "{{end}}", "blocks are nested too deep"),
        ("{{if .Off}}{{else}}", "x", "{{end}}", "blocks are nested too deep"),
        ("{{block \"b\" .}}", "x", "{{end}}", "blocks are nested too deep"),
    ];
    for (open, inner, close, message) in kinds {
        // Blocks of one name are too many definitions, so each is only read, not rendered.
        let deep = nested(open, inner, close, NESTING_MAX);
        if !open.contains("block") {
            assert_eq!(render(&deep, &context()), "x", "{open}");
        }
        let told = Template::parse(&nested(open, inner, close, NESTING_MAX + 1)).expect_err(open);
        assert_eq!(told.message, message, "{open}");
    }
    let parens = |count| format!("{{{{print {}}}}}", nested("(", "1", ")", count));
    assert_eq!(render(&parens(NESTING_MAX), &context()), "1");
    assert_eq!(Template::parse(&parens(NESTING_MAX + 1)).expect_err("deep").message, "max expression depth exceeded");
    for (open, close) in [("(", ")"), ("{{if ", ""), ("{{if 1}}", ""), ("{{range (", "")] {
        let told = Template::parse(&format!("{{{{{}", nested(open, "1", close, 100_000)));
        assert!(told.is_err(), "{open}");
    }
}

#[test]
fn else_if_is_no_nesting() {
    let chain = format!("{{{{if .Off}}}}{}{{{{else}}}}last{{{{end}}}}", "{{else if .Off}}".repeat(10_000));
    assert_eq!(render(&chain, &context()), "last");
}

#[test]
fn recursion_ends_somewhere() {
    let told = fault("{{define \"r\"}}\n{{template \"r\" .}}{{end}}{{template \"r\" .}}");
    assert_eq!(told, format!("line 2: exceeded maximum template depth ({DEPTH_MAX})"));
    let nested = "{{if (print (print (print 1)))}}".repeat(50) + "{{template \"r\" .}}" + &"{{end}}".repeat(50);
    let told = fault(&format!("{{{{define \"r\"}}}}{nested}{{{{end}}}}{{{{template \"r\" .}}}}"));
    assert!(told.contains("exceeded maximum template depth"), "{told}");
    assert_eq!(
        render("{{define \"r\"}}{{if .}}{{template \"r\" (slice . 1)}}{{end}}x{{end}}{{template \"r\" (printf \"%50d\" 1)}}", &context())
            .len(),
        51
    );
}

#[test]
fn output_and_work_end_somewhere() {
    let too_much = "line 1: the template takes too much work: is there a loop that is too long?";
    let large = format!("{{{{$x := printf \"%{}d\" 1}}}}", 1_000_000);
    assert_eq!(fault("{{range 1000000000000}}{{end}}"), too_much);
    assert_eq!(fault("{{$x := \"ab\"}}{{range 60}}{{$x = print $x $x}}{{end}}"), too_much);
    assert_eq!(fault(&format!("{large}{{{{range 1000000}}}}{{{{if eq $x $x}}}}{{{{end}}}}{{{{end}}}}")), too_much);
    assert_eq!(fault(&format!("{large}{{{{print {}}}}}", "$x ".repeat(1000))), too_much);
    assert_eq!(
        fault(&format!("{large}{{{{range 17}}}}{{{{$x}}}}{{{{end}}}}")),
        format!("line 1: the output is longer than {} MiB", TEXT_MAX >> 20)
    );
    let wide = format!("{{{{printf \"{}\" .Name}}}}", "%1000000[1]s".repeat(10_000));
    assert_eq!(fault(&wide), "line 1: error calling printf: the text is longer than 16 MiB");
    assert!(render(&format!("{large}{{{{len $x}}}}"), &context()).contains("1000000"));
}

/// A template of a megabyte takes a second, whatever it is made of; if it took quadratic time that would be hours.
#[test]
fn long_templates_are_read_and_rendered_in_linear_time() {
    let (done, is_done) = std::sync::mpsc::channel();
    let run = move || {
        long_templates();
        done.send(()).expect("somebody waits");
    };
    let thread = std::thread::spawn(run);
    let waited = is_done.recv_timeout(std::time::Duration::from_mins(5));
    assert!(waited.is_ok() || thread.is_finished(), "too slow");
    thread.join().expect("as expected");
}

fn long_templates() {
    const LENGTH: usize = 1 << 20;
    let parts = [
        "{{$a := 1}}{{$b}}",
        "{{- /**/ -}} ",
        "{{define \"x\"}} {{end}}",
        "{{1}}",
        "{{\"a\"}}{{.a.b.c}}",
        " ",
        "{ ",
        "}}",
        "{{- `` -}}\n\n",
    ];
    for part in parts {
        let repeated = part.repeat(LENGTH / part.len());
        Template::parse(&format!("{{{{$a := 1}}}}{{{{$b := 2}}}}{repeated}")).expect(part);
    }
    let names: Vec<String> = (0..LENGTH / 32).map(|at| format!("{{{{$v{at} := {at}}}}}{{{{$v{at}}}}}{{{{$v0}}}}")).collect();
    assert!(render(&names.concat(), &context()).ends_with(&format!("{}0", LENGTH / 32 - 1)));
    let filled = format!("{{{{define \"x\"}}}}{}y{{{{end}}}}", " {{/**/}}".repeat(LENGTH / 18));
    Template::parse(&(filled + &"{{define \"x\"}}{{end}}".repeat(LENGTH / 42))).expect("reads");
    for part in ["(", ".a", "$", "\"", "'", "{{", "1", "-", "\\", "|", "1|", "é", "{{/*"] {
        let broken = Template::parse(&format!("{{{{{}", part.repeat(LENGTH / part.len())));
        assert!(broken.is_err(), "{part}");
    }
}

/// Half of what a thread has by default, in a build that is not optimised.
#[test]
fn the_deepest_templates_fit_the_stack() {
    let run = || {
        let parens = format!("(print {}1{})", "(print ".repeat(NESTING_MAX - 2), ")".repeat(NESTING_MAX - 2));
        render(&format!("{{{{if {parens}}}}}{{{{end}}}}"), &context());
        let blocks = ["{{if 1}}", "{{range 1}}", "{{with 1}}"].concat().repeat(NESTING_MAX / 3 - 1);
        let ends = "{{end}}".repeat(3 * (NESTING_MAX / 3 - 1));
        let told = fault(&format!("{{{{define \"r\"}}}}{blocks}{{{{template \"r\"}}}}{ends}{{{{end}}}}{{{{template \"r\"}}}}"));
        assert!(told.contains("exceeded maximum template depth"), "{told}");
        let told = fault("{{define \"r\"}}{{template \"r\"}}{{end}}{{template \"r\"}}");
        assert!(told.contains("exceeded maximum template depth"), "{told}");
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(run).expect("a thread").join().expect("fits");
}

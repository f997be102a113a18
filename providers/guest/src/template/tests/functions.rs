//! The functions that are not `printf`.

use super::super::functions::Function;
use super::prints;

#[test]
fn logic_gives_the_argument_that_decides() {
    prints(&[
        (r#"{{and 1 0 2}} {{and 1 2}} {{or 0 "" 3}} {{or 0 ""}}|{{not 0}} {{not .}}"#, "0 2 3 |true false"),
        ("{{or 1 (index .List 9)}} {{and 0 .Missing}}", "1 0"),
        ("{{and nil}} {{or nil 1}} {{not nil}}", "<no value> 1 true"),
    ]);
}

#[test]
fn values_of_one_kind_compare() {
    prints(&[
        (r#"{{eq 1 2 3 1}} {{eq "a" "b"}} {{ne 1 2}} {{eq true .On}} {{eq 1.5 .Ratio}}"#, "true false true true true"),
        (r#"{{eq nil 1}} {{eq nil nil}} {{ne nil 1}} {{eq .List nil}} {{eq .Map.missing ""}}"#, "false true true false false"),
        (
            r#"{{lt 1 2}} {{le 2 2}} {{gt 1 2}} {{ge 2 2}} {{lt "a" "b"}} {{lt 1.5 2.5}} {{lt -1 (index "a" 0)}} {{eq (index "a" 0) 97}}"#,
            "true true false true true true true true",
        ),
    ]);
}

#[test]
fn texts_lists_and_maps_have_elements_and_a_length() {
    prints(&[
        (
            r#"{{index .List 0}} {{index .Map "a"}} {{index .Tree "leaf" "x"}} {{index "abc" 1}} {{index .Numbers 1}} {{len (index .List)}}"#,
            "p 1 y 98 2 3",
        ),
        (r#"{{slice .Name 1 3}} {{slice .Name 7}} {{slice .List 1}} {{slice .List 0 2 3}} {{slice "é" 0 2}}"#, "un 1 [q r] [p q] é"),
        (r#"{{slice "é" 0 1}}{{slice "é" 1}}"#, "é"),
        (r#"{{len .Name}} {{len .List}} {{len .Map}} {{len "é"}} {{len .Empty}}"#, "8 3 2 2 0"),
    ]);
}

#[test]
fn printing_and_escaping_print_what_go_prints() {
    prints(&[
        (
            r#"{{print 1 2 "a" 3 4 "b" "c" 5}}|{{println 1 "a" 2}}|{{print nil nil "a" nil}}|{{print}}|{{println}}"#,
            "1 2a3 4bc5|1 a 2\n|<nil> <nil>a<nil>||\n",
        ),
        (
            "{{.List}} {{.Map}} {{.Tree}} {{.Mixed}} {{.None}} {{.Ratio}} {{.On}}",
            "[p q r] map[a:1 b:two] map[leaf:map[x:y] n:5] [a 1 <nil>] [] 1.5 true",
        ),
        ("{{html .Odd}}", "a&lt;b&gt;&amp;&#34;c&#39;d\\e\t\n\u{ad}é"),
        ("{{js .Odd}}", r#"a\u003Cb\u003E\u0026\"c\'d\\e\u0009\u000A\u00ADé"#),
        (r#"{{urlquery .Odd " ~-_."}}"#, "a%3Cb%3E%26%22c%27d%5Ce%09%0A%C2%AD%C3%A9+~-_."),
        (
            r#"{{html 1 2 "a" nil}} {{js nil}} {{urlquery .List}} {{html "\x00"}} {{js "\u2028=\x7f"}}"#,
            "1 2a&lt;no value&gt; \\u003Cno value\\u003E %5Bp+q+r%5D \u{fffd} \\u2028\\u003D\u{7f}",
        ),
    ]);
}

#[test]
fn a_value_becomes_one_word_of_a_shell_which_another_pass_leaves_as_it_is() {
    prints(&[
        ("{{shellquote .Name}} {{.Empty | shellquote}} {{shellquote .Map.missing}} {{shellquote .Count}}", "'runner-1' '' '' '3'"),
        ("{{shellquote .Odd}}", "'a<b>&\"c'\\''d\\e\t\n\u{ad}\u{e9}'"),
        (r#"{{shellquote "{{{{ .Name }} {a{"}}"#, "'{''{''{''{ .Name }} {a{'"),
    ]);
    let context = serde_json::json!({"Text": "a\u{0}b"});
    let said = super::Template::parse("{{shellquote .Text}}").expect("a template").render(&context).expect_err("no word");
    assert_eq!(said.message, "error calling shellquote: a shell has no word with a NUL character in it");
}

#[test]
fn functions_know_their_names() {
    let names = "and eq ge gt html index js le len lt ne not or print printf println shellquote slice urlquery";
    for name in names.split(' ') {
        assert_eq!(Function::named(name).map(Function::name), Ok(name));
    }
}

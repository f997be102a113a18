//! Verbs, flags, and what `printf` says where they do not fit.

use super::prints;

#[test]
fn every_verb_prints_its_values() {
    prints(&[
        (r#"{{printf "%v %d %s %q %t %T" "a" 1 "b" "c" true 1.5}}"#, r#"a 1 b "c" true float64"#),
        (
            r#"{{printf "%b %o %O %#o %x %X %#x %c %q %U %#U" 5 8 8 8 255 255 255 65 65 65 65}}"#,
            "101 10 0o10 010 ff FF 0xff A 'A' U+0041 U+0041 'A'",
        ),
        (
            r#"{{printf "%e %E %f %F %g %G %.2f %b" 1234.5 0.00012 1.5 1.5 1e6 1e-7 2.345 1.5}}"#,
            "1.234500e+03 1.200000E-04 1.500000 1.500000 1e+06 1E-07 2.35 6755399441055744p-52",
        ),
        (
            r#"{{printf "%x|% x|%#x|%# x|%X|%.2x" "hey" "hey" "hey" "hey" "hey" "hey"}}"#,
            "686579|68 65 79|0x686579|0x68 0x65 0x79|686579|6865",
        ),
        (r#"{{printf "%q %+q %#q %#q" "é\n" "é✓" "a" "`"}}"#, r#""é\n" "\u00e9\u2713" `a` "`""#),
        (r#"{{printf "%v %v %v" .List .Map nil}}"#, "[p q r] map[a:1 b:two] <nil>"),
        (
            r#"{{printf "%#v %#v %#v %#v %#v" "a" .List .Tree 1 nil}}"#,
            r#""a" []string{"p", "q", "r"} map[string]interface {}{"leaf":map[string]string{"x":"y"}, "n":5} 1 <nil>"#,
        ),
        (r#"{{printf "%d %q %5v|" .Numbers .List .List}}"#, r#"[1 2] ["p" "q" "r"] [    p     q     r]|"#),
        (r#"{{printf "%.20f %.3g %.10g %#g %#.3g" 0.1 1234.5 1234.5 1.0 1.0}}"#, "0.10000000000000000555 1.23e+03 1234.5 1.00000 1.00"),
    ]);
}

#[test]
fn flags_widths_and_precisions_shape_what_is_printed() {
    prints(&[
        (r#"{{printf "%5d|%-5d|%05d|%+d|% d|%x" 7 7 7 7 7 -255}}"#, "    7|7    |00007|+7| 7|-ff"),
        (r#"{{printf "%5s|%-5s|%05s|%.2s|%5.1s|" "héy" "héy" "héy" "héy" "héy"}}"#, "  héy|héy  |00héy|hé|    h|"),
        (r#"{{printf "%08.3f|%+.1f|%-8.2f|% .0f" 3.14159 2.0 2.5 2.5}}"#, "0003.142|+2.0|2.50    | 2"),
        (r#"{{printf "%6t|%.3d|%8.3d|%.0d|%010.3d" true 5 5 0 5}}"#, "  true|005|     005||       005"),
        (r#"{{printf "%*d|%-*d|%.*f|%*d" 5 1 5 1 2 3.14159 -4 1}}"#, "    1|1    |3.14|1   "),
        (r#"{{printf "%[2]d %[1]d|%[3]*.[2]*[1]f" 12.0 2 6}}"#, "2 %!d(float64=12)| 12.00"),
        (r#"{{printf "%[2]v %[1]v %v" "a" "b"}}"#, "b a b"),
        (r#"{{printf "%6.2f%%|%5%" 12.0}}"#, " 12.00%|%"),
        (r#"{{printf "%0 5d|%- 5d|%+06.1f" 3 3 1.25}}"#, " 0003| 3   |+001.2"),
    ]);
}

#[test]
fn what_does_not_fit_is_said_in_the_text() {
    prints(&[
        (
            r#"{{printf "%d" "a"}} {{printf "%s" 1}} {{printf "%z" true}} {{printf "%d" nil}} {{printf "%t" .List}}"#,
            "%!d(string=a) %!s(int=1) %!z(bool=true) %!d(<nil>) [%!t(string=p) %!t(string=q) %!t(string=r)]",
        ),
        (
            r#"{{printf "%d"}} {{printf "%d" 1 2}} {{printf "x" nil "a"}} {{printf "%"}} {{printf "%."  1}} {{printf "%-"}}"#,
            "%!d(MISSING) 1%!(EXTRA int=2) x%!(EXTRA <nil>, string=a) %!(NOVERB) %!.(int=1) %!(NOVERB)",
        ),
        (
            r#"{{printf "%[3]d" 1 2}} {{printf "%[x]d" 1}} {{printf "%[1" 1}} {{printf "%[1]2d" 1}}"#,
            "%!d(BADINDEX) %!d(BADINDEX) %!(NOVERB) %!d(BADINDEX)",
        ),
        (r#"{{printf "%*d" "a" 1}} {{printf "%.*d" -1 1}} {{printf "%*d" 1000001 1}}"#, "%!(BADWIDTH)1 %!(BADPREC)1 %!(BADWIDTH)1"),
        (
            r#"{{printf "%99999999d" 1}} {{printf "%w" "a"}} {{printf "%é" 1}} {{printf "%!d" 1}}"#,
            "%!(NOVERB)%!(EXTRA int=1) %!w(string=a) %!é(int=1) %!!(int=1)d",
        ),
        (r#"{{printf "%5d" "a"}} {{printf "%#d" "a"}}"#, "%!d(string=    a) %!d(string=a)"),
    ]);
}

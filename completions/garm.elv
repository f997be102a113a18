set edit:completion:arg-completer[garm] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) GARM_COMPLETE="elvish" garm -- $@words) | to-lines
}

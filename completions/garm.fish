complete --keep-order --exclusive --command garm --arguments "(GARM_COMPLETE=fish garm -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"

# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_garm_global_optspecs
    string join \n c/config= format= profile= profiles= debug V/version h/help
end

function __fish_garm_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_garm_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_garm_using_subcommand
    set -l cmd (__fish_garm_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c garm -n "__fish_garm_needs_command" -s c -l config -d 'Configuration file [default: /etc/garm/config.toml if it exists, otherwise defaults under your data directory]' -r -F
complete -c garm -n "__fish_garm_needs_command" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_needs_command" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_needs_command" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_needs_command" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_needs_command" -s V -l version -d 'Print version'
complete -c garm -n "__fish_garm_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_needs_command" -f -a "serve" -d 'Runs the server'
complete -c garm -n "__fish_garm_needs_command" -f -a "admin" -d 'Administrators, from the machine the server runs on: lists them, sets a password, ends logins'
complete -c garm -n "__fish_garm_needs_command" -f -a "demo" -d 'Shows the whole way of a few jobs on this machine: no account, no cloud, no root'
complete -c garm -n "__fish_garm_needs_command" -f -a "init" -d 'Sets up a new server: administrator, login, URLs'
complete -c garm -n "__fish_garm_needs_command" -f -a "profile" -d 'Which servers there are, and the login for each'
complete -c garm -n "__fish_garm_needs_command" -f -a "controller" -d 'The settings of the installation'
complete -c garm -n "__fish_garm_needs_command" -f -a "controller-info" -d 'The settings of the installation'
complete -c garm -n "__fish_garm_needs_command" -f -a "github" -d 'GitHub endpoints and credentials'
complete -c garm -n "__fish_garm_needs_command" -f -a "gh" -d 'GitHub endpoints and credentials'
complete -c garm -n "__fish_garm_needs_command" -f -a "credentials" -d 'The credentials of GitHub, for short'
complete -c garm -n "__fish_garm_needs_command" -f -a "creds" -d 'The credentials of GitHub, for short'
complete -c garm -n "__fish_garm_needs_command" -f -a "repo" -d 'Repositories that have runners'
complete -c garm -n "__fish_garm_needs_command" -f -a "repository" -d 'Repositories that have runners'
complete -c garm -n "__fish_garm_needs_command" -f -a "org" -d 'Organizations that have runners'
complete -c garm -n "__fish_garm_needs_command" -f -a "organization" -d 'Organizations that have runners'
complete -c garm -n "__fish_garm_needs_command" -f -a "enterprise" -d 'Enterprises that have runners'
complete -c garm -n "__fish_garm_needs_command" -f -a "ent" -d 'Enterprises that have runners'
complete -c garm -n "__fish_garm_needs_command" -f -a "pool" -d 'How many runners of what kind'
complete -c garm -n "__fish_garm_needs_command" -f -a "runner" -d 'Machines and the runners on them'
complete -c garm -n "__fish_garm_needs_command" -f -a "instance" -d 'Machines and the runners on them'
complete -c garm -n "__fish_garm_needs_command" -f -a "run" -d 'Machines and the runners on them'
complete -c garm -n "__fish_garm_needs_command" -f -a "job" -d 'What waits, what runs, and why'
complete -c garm -n "__fish_garm_needs_command" -f -a "provider" -d 'Who makes the machines'
complete -c garm -n "__fish_garm_needs_command" -f -a "template" -d 'The scripts that install runners'
complete -c garm -n "__fish_garm_needs_command" -f -a "metrics-token" -d 'Tokens for reading the figures at /metrics'
complete -c garm -n "__fish_garm_needs_command" -f -a "debug-log" -d 'Shows the server\'s log as it is written'
complete -c garm -n "__fish_garm_needs_command" -f -a "version" -d 'Prints the version'
complete -c garm -n "__fish_garm_needs_command" -f -a "completion" -d 'Prints the completion script of a shell'
complete -c garm -n "__fish_garm_needs_command" -f -a "simulate" -d 'The engine without a cloud, on virtual time'
complete -c garm -n "__fish_garm_needs_command" -f -a "util" -d 'Completions, manual pages, the description of the API'
complete -c garm -n "__fish_garm_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand serve" -s c -l config -d 'Configuration file [default: /etc/garm/config.toml if it exists, otherwise defaults under your data directory]' -r -F
complete -c garm -n "__fish_garm_using_subcommand serve" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand serve" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand serve" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand serve" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand admin; and not __fish_seen_subcommand_from list ls password-reset enable disable help" -s c -l config -d 'Configuration file of the server [default: as for garm serve]' -r -F
complete -c garm -n "__fish_garm_using_subcommand admin; and not __fish_seen_subcommand_from list ls password-reset enable disable help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand admin; and not __fish_seen_subcommand_from list ls password-reset enable disable help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand admin; and not __fish_seen_subcommand_from list ls password-reset enable disable help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand admin; and not __fish_seen_subcommand_from list ls password-reset enable disable help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand admin; and not __fish_seen_subcommand_from list ls password-reset enable disable help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand admin; and not __fish_seen_subcommand_from list ls password-reset enable disable help" -f -a "list" -d 'Lists the administrators'
complete -c garm -n "__fish_garm_using_subcommand admin; and not __fish_seen_subcommand_from list ls password-reset enable disable help" -f -a "ls" -d 'Lists the administrators'
complete -c garm -n "__fish_garm_using_subcommand admin; and not __fish_seen_subcommand_from list ls password-reset enable disable help" -f -a "password-reset" -d 'Sets a new password; logins made with the old one end'
complete -c garm -n "__fish_garm_using_subcommand admin; and not __fish_seen_subcommand_from list ls password-reset enable disable help" -f -a "enable" -d 'Lets an account that was disabled log in again'
complete -c garm -n "__fish_garm_using_subcommand admin; and not __fish_seen_subcommand_from list ls password-reset enable disable help" -f -a "disable" -d 'Keeps an account from logging in, and its tokens from being used'
complete -c garm -n "__fish_garm_using_subcommand admin; and not __fish_seen_subcommand_from list ls password-reset enable disable help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from list" -s c -l config -d 'Configuration file of the server [default: as for garm serve]' -r -F
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from ls" -s c -l config -d 'Configuration file of the server [default: as for garm serve]' -r -F
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from password-reset" -l new-password -d 'The new password; asked for when it is not given, as arguments can be seen by others' -r
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from password-reset" -s c -l config -d 'Configuration file of the server [default: as for garm serve]' -r -F
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from password-reset" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from password-reset" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from password-reset" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from password-reset" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from password-reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from enable" -s c -l config -d 'Configuration file of the server [default: as for garm serve]' -r -F
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from enable" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from enable" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from enable" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from enable" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from enable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from disable" -s c -l config -d 'Configuration file of the server [default: as for garm serve]' -r -F
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from disable" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from disable" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from disable" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from disable" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from disable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists the administrators'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from help" -f -a "password-reset" -d 'Sets a new password; logins made with the old one end'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from help" -f -a "enable" -d 'Lets an account that was disabled log in again'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from help" -f -a "disable" -d 'Keeps an account from logging in, and its tokens from being used'
complete -c garm -n "__fish_garm_using_subcommand admin; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand demo" -l jobs -d 'How many jobs are queued at once' -r
complete -c garm -n "__fish_garm_using_subcommand demo" -l timeout -d 'Seconds until the demo gives up' -r
complete -c garm -n "__fish_garm_using_subcommand demo" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand demo" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand demo" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand demo" -l kill -d 'Kills the server (KILL, no warning) while jobs run and machines are being made, and starts it again'
complete -c garm -n "__fish_garm_using_subcommand demo" -l keep -d 'Leaves everything running at the end, with commands to try'
complete -c garm -n "__fish_garm_using_subcommand demo" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand init" -s n -l name -d 'Name of the profile that keeps the login' -r
complete -c garm -n "__fish_garm_using_subcommand init" -s a -l url -d 'URL of the server, as this machine reaches it' -r
complete -c garm -n "__fish_garm_using_subcommand init" -s u -l username -d 'Login name of the administrator; asked for on a terminal, else admin' -r
complete -c garm -n "__fish_garm_using_subcommand init" -s e -l email -d 'Mail address of the administrator; asked for on a terminal, else admin@localhost.localdomain' -r
complete -c garm -n "__fish_garm_using_subcommand init" -s f -l full-name -d 'Display name of the administrator' -r
complete -c garm -n "__fish_garm_using_subcommand init" -s p -l password -d 'Password; asked for when it is not given' -r
complete -c garm -n "__fish_garm_using_subcommand init" -s m -l metadata-url -d 'Metadata URL as runners reach it [default: URL/api/v1/metadata]' -r
complete -c garm -n "__fish_garm_using_subcommand init" -s c -l callback-url -d 'Callback URL as runners reach it [default: URL/api/v1/callbacks]' -r
complete -c garm -n "__fish_garm_using_subcommand init" -s w -l webhook-url -d 'Webhook URL as forges reach it [default: URL/webhooks]' -r
complete -c garm -n "__fish_garm_using_subcommand init" -s g -l agent-url -d 'What agents connect to [default: URL/agent]' -r
complete -c garm -n "__fish_garm_using_subcommand init" -l ca-bundle -d 'PEM file that validates the server\'s certificate, for runners' -r -F
complete -c garm -n "__fish_garm_using_subcommand init" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand init" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand init" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand init" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -f -a "list" -d 'Lists the profiles'
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -f -a "ls" -d 'Lists the profiles'
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -f -a "add" -d 'Logs in to a server and keeps the login as a profile'
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -f -a "create" -d 'Logs in to a server and keeps the login as a profile'
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -f -a "login" -d 'Logs in again'
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -f -a "switch" -d 'Uses another profile from now on'
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -f -a "delete" -d 'Forgets a profile'
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -f -a "rm" -d 'Forgets a profile'
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -f -a "remove" -d 'Forgets a profile'
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -f -a "del" -d 'Forgets a profile'
complete -c garm -n "__fish_garm_using_subcommand profile; and not __fish_seen_subcommand_from list ls add create login switch delete rm remove del help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from add" -s n -l name -d 'Name of the profile' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from add" -s a -l url -d 'URL of the server' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from add" -s u -l username -d 'Login name; asked for on a terminal, else admin' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from add" -s p -l password -d 'Password; asked for when it is not given' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from add" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from add" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from add" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from add" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from create" -s n -l name -d 'Name of the profile' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from create" -s a -l url -d 'URL of the server' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from create" -s u -l username -d 'Login name; asked for on a terminal, else admin' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from create" -s p -l password -d 'Password; asked for when it is not given' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from create" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from create" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from create" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from create" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from login" -s u -l username -d 'Login name; asked for on a terminal, else admin' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from login" -s p -l password -d 'Password; asked for when it is not given' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from login" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from login" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from login" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from login" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from switch" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from switch" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from switch" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from switch" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from switch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from delete" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from delete" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from delete" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from delete" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from rm" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from rm" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from rm" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from rm" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from remove" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from remove" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from remove" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from remove" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from del" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from del" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from del" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from del" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists the profiles'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "add" -d 'Logs in to a server and keeps the login as a profile'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "login" -d 'Logs in again'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "switch" -d 'Uses another profile from now on'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Forgets a profile'
complete -c garm -n "__fish_garm_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand controller; and not __fish_seen_subcommand_from show update help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand controller; and not __fish_seen_subcommand_from show update help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand controller; and not __fish_seen_subcommand_from show update help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand controller; and not __fish_seen_subcommand_from show update help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand controller; and not __fish_seen_subcommand_from show update help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand controller; and not __fish_seen_subcommand_from show update help" -f -a "show" -d 'Shows the settings'
complete -c garm -n "__fish_garm_using_subcommand controller; and not __fish_seen_subcommand_from show update help" -f -a "update" -d 'Changes settings'
complete -c garm -n "__fish_garm_using_subcommand controller; and not __fish_seen_subcommand_from show update help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -s m -l metadata-url -d 'Metadata URL as runners reach it' -r
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -s c -l callback-url -d 'Callback URL as runners reach it' -r
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -s w -l webhook-url -d 'Webhook URL as forges reach it' -r
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -s g -l agent-url -d 'What agents connect to' -r
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -s b -l minimum-job-age-backoff -d 'Seconds a job may wait for an idle runner that fits before another is made' -r
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -l ca-bundle -l ca-cert-path -d 'PEM file that validates this server\'s certificate, for runners' -r -F
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -s t -l garm-tools-url -d 'Where agent releases are listed' -r
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -s s -l enable-tools-sync -d 'Whether agent binaries are downloaded automatically' -r
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -l garm-agent-version -d 'The version of the agent: latest, or one such as v1.2.3' -r
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -l allow-insecure-agent -d 'Whether agents may use plain http' -r
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -l clear-ca-bundle -d 'Drops the stored certificates'
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows the settings'
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from help" -f -a "update" -d 'Changes settings'
complete -c garm -n "__fish_garm_using_subcommand controller; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand controller-info; and not __fish_seen_subcommand_from show update help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand controller-info; and not __fish_seen_subcommand_from show update help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand controller-info; and not __fish_seen_subcommand_from show update help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand controller-info; and not __fish_seen_subcommand_from show update help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand controller-info; and not __fish_seen_subcommand_from show update help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand controller-info; and not __fish_seen_subcommand_from show update help" -f -a "show" -d 'Shows the settings'
complete -c garm -n "__fish_garm_using_subcommand controller-info; and not __fish_seen_subcommand_from show update help" -f -a "update" -d 'Changes settings'
complete -c garm -n "__fish_garm_using_subcommand controller-info; and not __fish_seen_subcommand_from show update help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -s m -l metadata-url -d 'Metadata URL as runners reach it' -r
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -s c -l callback-url -d 'Callback URL as runners reach it' -r
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -s w -l webhook-url -d 'Webhook URL as forges reach it' -r
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -s g -l agent-url -d 'What agents connect to' -r
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -s b -l minimum-job-age-backoff -d 'Seconds a job may wait for an idle runner that fits before another is made' -r
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -l ca-bundle -l ca-cert-path -d 'PEM file that validates this server\'s certificate, for runners' -r -F
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -s t -l garm-tools-url -d 'Where agent releases are listed' -r
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -s s -l enable-tools-sync -d 'Whether agent binaries are downloaded automatically' -r
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -l garm-agent-version -d 'The version of the agent: latest, or one such as v1.2.3' -r
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -l allow-insecure-agent -d 'Whether agents may use plain http' -r
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -l clear-ca-bundle -d 'Drops the stored certificates'
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows the settings'
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from help" -f -a "update" -d 'Changes settings'
complete -c garm -n "__fish_garm_using_subcommand controller-info; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand github; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand github; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand github; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand github; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand github; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand github; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -f -a "endpoint" -d 'Where GitHub is'
complete -c garm -n "__fish_garm_using_subcommand github; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -f -a "ep" -d 'Where GitHub is'
complete -c garm -n "__fish_garm_using_subcommand github; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -f -a "credentials" -d 'Tokens and Apps'
complete -c garm -n "__fish_garm_using_subcommand github; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -f -a "creds" -d 'Tokens and Apps'
complete -c garm -n "__fish_garm_using_subcommand github; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -f -a "list" -d 'Lists the endpoints'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -f -a "ls" -d 'Lists the endpoints'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -f -a "show" -d 'Shows an endpoint'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -f -a "get" -d 'Shows an endpoint'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -f -a "add" -d 'Adds an endpoint, such as a GitHub Enterprise Server'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -f -a "create" -d 'Adds an endpoint, such as a GitHub Enterprise Server'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -f -a "update" -d 'Changes an endpoint'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -f -a "delete" -d 'Removes an endpoint nobody uses'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -f -a "rm" -d 'Removes an endpoint nobody uses'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -f -a "remove" -d 'Removes an endpoint nobody uses'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from endpoint" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -f -a "list" -d 'Lists the endpoints'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -f -a "ls" -d 'Lists the endpoints'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -f -a "show" -d 'Shows an endpoint'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -f -a "get" -d 'Shows an endpoint'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -f -a "add" -d 'Adds an endpoint, such as a GitHub Enterprise Server'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -f -a "create" -d 'Adds an endpoint, such as a GitHub Enterprise Server'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -f -a "update" -d 'Changes an endpoint'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -f -a "delete" -d 'Removes an endpoint nobody uses'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -f -a "rm" -d 'Removes an endpoint nobody uses'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -f -a "remove" -d 'Removes an endpoint nobody uses'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from ep" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -f -a "list" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -f -a "ls" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -f -a "show" -d 'Shows credentials, without their secret'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -f -a "get" -d 'Shows credentials, without their secret'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -f -a "add" -d 'Adds credentials'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -f -a "create" -d 'Adds credentials'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -f -a "update" -d 'Changes credentials'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -f -a "delete" -d 'Removes credentials nobody uses'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -f -a "rm" -d 'Removes credentials nobody uses'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -f -a "remove" -d 'Removes credentials nobody uses'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from credentials" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -f -a "list" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -f -a "ls" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -f -a "show" -d 'Shows credentials, without their secret'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -f -a "get" -d 'Shows credentials, without their secret'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -f -a "add" -d 'Adds credentials'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -f -a "create" -d 'Adds credentials'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -f -a "update" -d 'Changes credentials'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -f -a "delete" -d 'Removes credentials nobody uses'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -f -a "rm" -d 'Removes credentials nobody uses'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -f -a "remove" -d 'Removes credentials nobody uses'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from creds" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from help" -f -a "endpoint" -d 'Where GitHub is'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from help" -f -a "credentials" -d 'Tokens and Apps'
complete -c garm -n "__fish_garm_using_subcommand github; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand gh; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand gh; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand gh; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand gh; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand gh; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand gh; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -f -a "endpoint" -d 'Where GitHub is'
complete -c garm -n "__fish_garm_using_subcommand gh; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -f -a "ep" -d 'Where GitHub is'
complete -c garm -n "__fish_garm_using_subcommand gh; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -f -a "credentials" -d 'Tokens and Apps'
complete -c garm -n "__fish_garm_using_subcommand gh; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -f -a "creds" -d 'Tokens and Apps'
complete -c garm -n "__fish_garm_using_subcommand gh; and not __fish_seen_subcommand_from endpoint ep credentials creds help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -f -a "list" -d 'Lists the endpoints'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -f -a "ls" -d 'Lists the endpoints'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -f -a "show" -d 'Shows an endpoint'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -f -a "get" -d 'Shows an endpoint'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -f -a "add" -d 'Adds an endpoint, such as a GitHub Enterprise Server'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -f -a "create" -d 'Adds an endpoint, such as a GitHub Enterprise Server'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -f -a "update" -d 'Changes an endpoint'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -f -a "delete" -d 'Removes an endpoint nobody uses'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -f -a "rm" -d 'Removes an endpoint nobody uses'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -f -a "remove" -d 'Removes an endpoint nobody uses'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from endpoint" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -f -a "list" -d 'Lists the endpoints'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -f -a "ls" -d 'Lists the endpoints'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -f -a "show" -d 'Shows an endpoint'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -f -a "get" -d 'Shows an endpoint'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -f -a "add" -d 'Adds an endpoint, such as a GitHub Enterprise Server'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -f -a "create" -d 'Adds an endpoint, such as a GitHub Enterprise Server'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -f -a "update" -d 'Changes an endpoint'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -f -a "delete" -d 'Removes an endpoint nobody uses'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -f -a "rm" -d 'Removes an endpoint nobody uses'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -f -a "remove" -d 'Removes an endpoint nobody uses'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from ep" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -f -a "list" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -f -a "ls" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -f -a "show" -d 'Shows credentials, without their secret'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -f -a "get" -d 'Shows credentials, without their secret'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -f -a "add" -d 'Adds credentials'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -f -a "create" -d 'Adds credentials'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -f -a "update" -d 'Changes credentials'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -f -a "delete" -d 'Removes credentials nobody uses'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -f -a "rm" -d 'Removes credentials nobody uses'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -f -a "remove" -d 'Removes credentials nobody uses'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from credentials" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -f -a "list" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -f -a "ls" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -f -a "show" -d 'Shows credentials, without their secret'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -f -a "get" -d 'Shows credentials, without their secret'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -f -a "add" -d 'Adds credentials'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -f -a "create" -d 'Adds credentials'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -f -a "update" -d 'Changes credentials'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -f -a "delete" -d 'Removes credentials nobody uses'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -f -a "rm" -d 'Removes credentials nobody uses'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -f -a "remove" -d 'Removes credentials nobody uses'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from creds" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from help" -f -a "endpoint" -d 'Where GitHub is'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from help" -f -a "credentials" -d 'Tokens and Apps'
complete -c garm -n "__fish_garm_using_subcommand gh; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand credentials; and not __fish_seen_subcommand_from list ls help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand credentials; and not __fish_seen_subcommand_from list ls help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand credentials; and not __fish_seen_subcommand_from list ls help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand credentials; and not __fish_seen_subcommand_from list ls help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand credentials; and not __fish_seen_subcommand_from list ls help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand credentials; and not __fish_seen_subcommand_from list ls help" -f -a "list" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand credentials; and not __fish_seen_subcommand_from list ls help" -f -a "ls" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand credentials; and not __fish_seen_subcommand_from list ls help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from list" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from ls" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand credentials; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand creds; and not __fish_seen_subcommand_from list ls help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand creds; and not __fish_seen_subcommand_from list ls help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand creds; and not __fish_seen_subcommand_from list ls help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand creds; and not __fish_seen_subcommand_from list ls help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand creds; and not __fish_seen_subcommand_from list ls help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand creds; and not __fish_seen_subcommand_from list ls help" -f -a "list" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand creds; and not __fish_seen_subcommand_from list ls help" -f -a "ls" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand creds; and not __fish_seen_subcommand_from list ls help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from list" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from ls" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand creds; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "ls" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "get" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "create" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "rm" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "remove" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "del" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand repo; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from list" -s o -l owner -d 'Those of this owner' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from list" -s n -l name -d 'Those of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from list" -s e -l endpoint -d 'Those on this endpoint' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from list" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from ls" -s o -l owner -d 'Those of this owner' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from ls" -s n -l name -d 'Those of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from ls" -s e -l endpoint -d 'Those on this endpoint' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from ls" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from show" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from get" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from get" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from get" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from get" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from get" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -l owner -d 'Owner of the repository' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -l name -d 'Name of the repository' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -l credentials -d 'Name of the credentials' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -l forge-type -d 'The kind of forge the credentials must be for: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -l install-webhook -d 'Makes the webhook at the forge, too, where the server\'s configuration allows it'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -l agent-mode -d 'Has runners install the agent'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -l owner -d 'Owner of the repository' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -l name -d 'Name of the repository' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -l credentials -d 'Name of the credentials' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -l forge-type -d 'The kind of forge the credentials must be for: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -l install-webhook -d 'Makes the webhook at the forge, too, where the server\'s configuration allows it'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -l agent-mode -d 'Has runners install the agent'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from update" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from update" -l credentials -d 'Name of other credentials' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from update" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from update" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from update" -l agent-mode -d 'Whether runners install the agent' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from update" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from update" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from update" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from update" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from update" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from delete" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from delete" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from delete" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from delete" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from delete" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from delete" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from rm" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from rm" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from rm" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from rm" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from rm" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from rm" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from remove" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from remove" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from remove" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from remove" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from remove" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from remove" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from del" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from del" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from del" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from del" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from del" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from del" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from webhook" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from webhook" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from webhook" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from webhook" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from webhook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from webhook" -f -a "install" -d 'Makes it at the forge'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from webhook" -f -a "show" -d 'Shows it as the forge has it'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from webhook" -f -a "get" -d 'Shows it as the forge has it'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from webhook" -f -a "uninstall" -d 'Removes it from the forge'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from webhook" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "ls" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "get" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "create" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "rm" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "remove" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "del" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand repository; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from list" -s o -l owner -d 'Those of this owner' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from list" -s n -l name -d 'Those of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from list" -s e -l endpoint -d 'Those on this endpoint' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from list" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from ls" -s o -l owner -d 'Those of this owner' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from ls" -s n -l name -d 'Those of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from ls" -s e -l endpoint -d 'Those on this endpoint' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from ls" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from show" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from get" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from get" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from get" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from get" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from get" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -l owner -d 'Owner of the repository' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -l name -d 'Name of the repository' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -l credentials -d 'Name of the credentials' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -l forge-type -d 'The kind of forge the credentials must be for: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -l install-webhook -d 'Makes the webhook at the forge, too, where the server\'s configuration allows it'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -l agent-mode -d 'Has runners install the agent'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -l owner -d 'Owner of the repository' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -l name -d 'Name of the repository' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -l credentials -d 'Name of the credentials' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -l forge-type -d 'The kind of forge the credentials must be for: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -l install-webhook -d 'Makes the webhook at the forge, too, where the server\'s configuration allows it'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -l agent-mode -d 'Has runners install the agent'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from update" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from update" -l credentials -d 'Name of other credentials' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from update" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from update" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from update" -l agent-mode -d 'Whether runners install the agent' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from update" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from update" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from update" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from update" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from update" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from delete" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from delete" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from delete" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from delete" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from delete" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from delete" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from rm" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from rm" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from rm" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from rm" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from rm" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from rm" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from remove" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from remove" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from remove" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from remove" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from remove" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from remove" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from del" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from del" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from del" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from del" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from del" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from del" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from webhook" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from webhook" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from webhook" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from webhook" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from webhook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from webhook" -f -a "install" -d 'Makes it at the forge'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from webhook" -f -a "show" -d 'Shows it as the forge has it'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from webhook" -f -a "get" -d 'Shows it as the forge has it'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from webhook" -f -a "uninstall" -d 'Removes it from the forge'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from webhook" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "ls" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "get" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "create" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "rm" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "remove" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "del" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand org; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from list" -s n -l name -d 'The one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from list" -s e -l endpoint -d 'Those on this endpoint' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from list" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from ls" -s n -l name -d 'The one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from ls" -s e -l endpoint -d 'Those on this endpoint' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from ls" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from show" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from get" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from get" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from get" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from get" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from get" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from add" -l name -d 'Its name' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from add" -l credentials -d 'Name of the credentials' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from add" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from add" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from add" -l forge-type -d 'The kind of forge the credentials must be for: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from add" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from add" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from add" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from add" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from add" -l install-webhook -d 'Makes the webhook at the forge, too, where the server\'s configuration allows it'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from add" -l agent-mode -d 'Has runners install the agent'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from add" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from create" -l name -d 'Its name' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from create" -l credentials -d 'Name of the credentials' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from create" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from create" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from create" -l forge-type -d 'The kind of forge the credentials must be for: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from create" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from create" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from create" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from create" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from create" -l install-webhook -d 'Makes the webhook at the forge, too, where the server\'s configuration allows it'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from create" -l agent-mode -d 'Has runners install the agent'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from create" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from update" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from update" -l credentials -d 'Name of other credentials' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from update" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from update" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from update" -l agent-mode -d 'Whether runners install the agent' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from update" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from update" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from update" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from update" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from update" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from delete" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from delete" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from delete" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from delete" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from delete" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from delete" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from rm" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from rm" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from rm" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from rm" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from rm" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from rm" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from remove" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from remove" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from remove" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from remove" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from remove" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from remove" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from del" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from del" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from del" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from del" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from del" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from del" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from webhook" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from webhook" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from webhook" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from webhook" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from webhook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from webhook" -f -a "install" -d 'Makes it at the forge'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from webhook" -f -a "show" -d 'Shows it as the forge has it'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from webhook" -f -a "get" -d 'Shows it as the forge has it'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from webhook" -f -a "uninstall" -d 'Removes it from the forge'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from webhook" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from help" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from help" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from help" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand org; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "ls" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "get" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "create" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "rm" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "remove" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "del" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand organization; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from list" -s n -l name -d 'The one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from list" -s e -l endpoint -d 'Those on this endpoint' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from list" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from ls" -s n -l name -d 'The one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from ls" -s e -l endpoint -d 'Those on this endpoint' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from ls" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from show" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from get" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from get" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from get" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from get" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from get" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from add" -l name -d 'Its name' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from add" -l credentials -d 'Name of the credentials' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from add" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from add" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from add" -l forge-type -d 'The kind of forge the credentials must be for: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from add" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from add" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from add" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from add" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from add" -l install-webhook -d 'Makes the webhook at the forge, too, where the server\'s configuration allows it'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from add" -l agent-mode -d 'Has runners install the agent'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from add" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from create" -l name -d 'Its name' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from create" -l credentials -d 'Name of the credentials' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from create" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from create" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from create" -l forge-type -d 'The kind of forge the credentials must be for: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from create" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from create" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from create" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from create" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from create" -l install-webhook -d 'Makes the webhook at the forge, too, where the server\'s configuration allows it'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from create" -l agent-mode -d 'Has runners install the agent'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from create" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from update" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from update" -l credentials -d 'Name of other credentials' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from update" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from update" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from update" -l agent-mode -d 'Whether runners install the agent' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from update" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from update" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from update" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from update" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from update" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from delete" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from delete" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from delete" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from delete" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from delete" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from delete" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from rm" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from rm" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from rm" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from rm" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from rm" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from rm" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from remove" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from remove" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from remove" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from remove" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from remove" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from remove" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from del" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from del" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from del" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from del" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from del" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from del" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from webhook" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from webhook" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from webhook" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from webhook" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from webhook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from webhook" -f -a "install" -d 'Makes it at the forge'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from webhook" -f -a "show" -d 'Shows it as the forge has it'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from webhook" -f -a "get" -d 'Shows it as the forge has it'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from webhook" -f -a "uninstall" -d 'Removes it from the forge'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from webhook" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from help" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from help" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from help" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand organization; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "ls" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "get" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "create" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "rm" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "remove" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "del" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from list" -s n -l name -d 'The one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from list" -s e -l endpoint -d 'Those on this endpoint' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from list" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from ls" -s n -l name -d 'The one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from ls" -s e -l endpoint -d 'Those on this endpoint' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from ls" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from show" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from get" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from get" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from get" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from get" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from get" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from add" -l name -d 'Its name' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from add" -l credentials -d 'Name of the credentials' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from add" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from add" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from add" -l forge-type -d 'The kind of forge the credentials must be for: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from add" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from add" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from add" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from add" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from add" -l install-webhook -d 'Makes the webhook at the forge, too, where the server\'s configuration allows it'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from add" -l agent-mode -d 'Has runners install the agent'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from add" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from create" -l name -d 'Its name' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from create" -l credentials -d 'Name of the credentials' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from create" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from create" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from create" -l forge-type -d 'The kind of forge the credentials must be for: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from create" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from create" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from create" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from create" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from create" -l install-webhook -d 'Makes the webhook at the forge, too, where the server\'s configuration allows it'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from create" -l agent-mode -d 'Has runners install the agent'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from create" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from update" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from update" -l credentials -d 'Name of other credentials' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from update" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from update" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from update" -l agent-mode -d 'Whether runners install the agent' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from update" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from update" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from update" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from update" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from update" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from delete" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from delete" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from delete" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from delete" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from delete" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from delete" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from rm" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from rm" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from rm" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from rm" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from rm" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from rm" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from remove" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from remove" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from remove" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from remove" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from remove" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from remove" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from del" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from del" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from del" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from del" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from del" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from del" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from webhook" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from webhook" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from webhook" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from webhook" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from webhook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from webhook" -f -a "install" -d 'Makes it at the forge'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from webhook" -f -a "show" -d 'Shows it as the forge has it'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from webhook" -f -a "get" -d 'Shows it as the forge has it'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from webhook" -f -a "uninstall" -d 'Removes it from the forge'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from webhook" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from help" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from help" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from help" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand enterprise; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "ls" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "get" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "create" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "rm" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "remove" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "del" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand ent; and not __fish_seen_subcommand_from list ls show get add create update delete rm remove del webhook help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from list" -s n -l name -d 'The one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from list" -s e -l endpoint -d 'Those on this endpoint' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from list" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from ls" -s n -l name -d 'The one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from ls" -s e -l endpoint -d 'Those on this endpoint' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from ls" -s l -l long -d 'Shows when they were made and changed, too'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from show" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from get" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from get" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from get" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from get" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from get" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from add" -l name -d 'Its name' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from add" -l credentials -d 'Name of the credentials' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from add" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from add" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from add" -l forge-type -d 'The kind of forge the credentials must be for: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from add" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from add" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from add" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from add" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from add" -l install-webhook -d 'Makes the webhook at the forge, too, where the server\'s configuration allows it'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from add" -l agent-mode -d 'Has runners install the agent'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from add" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from create" -l name -d 'Its name' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from create" -l credentials -d 'Name of the credentials' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from create" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from create" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from create" -l forge-type -d 'The kind of forge the credentials must be for: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from create" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from create" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from create" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from create" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from create" -l install-webhook -d 'Makes the webhook at the forge, too, where the server\'s configuration allows it'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from create" -l agent-mode -d 'Has runners install the agent'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from create" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from update" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from update" -l credentials -d 'Name of other credentials' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from update" -l webhook-secret -d 'The secret of the webhook' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from update" -l pool-balancer-type -d 'How jobs are spread over pools' -r -f -a "roundrobin\t'Each job goes to the next pool'
pack\t'Fill one pool before the next'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from update" -l agent-mode -d 'Whether runners install the agent' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from update" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from update" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from update" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from update" -l random-webhook-secret -d 'Makes a secret and shows it once'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from update" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from delete" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from delete" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from delete" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from delete" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from delete" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from delete" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from rm" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from rm" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from rm" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from rm" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from rm" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from rm" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from remove" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from remove" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from remove" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from remove" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from remove" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from remove" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from del" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from del" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from del" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from del" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from del" -l keep-webhook -d 'Leaves its webhook at the forge'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from del" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from webhook" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from webhook" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from webhook" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from webhook" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from webhook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from webhook" -f -a "install" -d 'Makes it at the forge'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from webhook" -f -a "show" -d 'Shows it as the forge has it'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from webhook" -f -a "get" -d 'Shows it as the forge has it'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from webhook" -f -a "uninstall" -d 'Removes it from the forge'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from webhook" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from help" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from help" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from help" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand ent; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "list" -d 'Lists pools, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "ls" -d 'Lists pools, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "show" -d 'Shows a pool'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "get" -d 'Shows a pool'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "add" -d 'Makes a pool'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "create" -d 'Makes a pool'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "update" -d 'Changes a pool'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "runner" -d 'The runners of a pool'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "rotate" -d 'Replaces idle runners by new ones, some at a time: after an image was renewed under its old name, say'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "delete" -d 'Removes a pool without runners'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "rm" -d 'Removes a pool without runners'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "remove" -d 'Removes a pool without runners'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "del" -d 'Removes a pool without runners'
complete -c garm -n "__fish_garm_using_subcommand pool; and not __fish_seen_subcommand_from list ls show get add create update runner rotate delete rm remove del help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from list" -s r -l repo -d 'A repository: owner/name or id' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from list" -s o -l org -d 'An organization: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from list" -s e -l enterprise -d 'An enterprise: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from list" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from list" -s a -l all -d 'All pools: what is listed anyway'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from list" -s l -l long -d 'Shows more columns'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from list" -l watch -d 'Shows it again whenever it changed, until Ctrl-C'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from ls" -s r -l repo -d 'A repository: owner/name or id' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from ls" -s o -l org -d 'An organization: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from ls" -s e -l enterprise -d 'An enterprise: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from ls" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from ls" -s a -l all -d 'All pools: what is listed anyway'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from ls" -s l -l long -d 'Shows more columns'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from ls" -l watch -d 'Shows it again whenever it changed, until Ctrl-C'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from get" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from get" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from get" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from get" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -s r -l repo -d 'A repository: owner/name or id' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -s o -l org -d 'An organization: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -s e -l enterprise -d 'An enterprise: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l provider-name -d 'The provider that makes the machines' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l image -d 'Provider-specific image' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l flavor -d 'Provider-specific size' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l tags -d 'Labels of the runners, separated by commas' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l max-runners -d 'Upper bound of runners' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l min-idle-runners -d 'Idle runners kept ready' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l os-type -d 'Operating system: linux or windows' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l os-arch -d 'Architecture: amd64, arm64 or arm' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l runner-prefix -d 'Prefix of runner names' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l runner-bootstrap-timeout -d 'Minutes a runner may take to come up' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l runner-group -d 'Runner group at the forge' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l priority -d 'Higher wins when several pools fit' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l runner-install-template -d 'Name or number of the install template [default: the one that came with the program]' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l extra-specs -d 'JSON object for the provider' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l extra-specs-file -d 'File with a JSON object for the provider' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l enabled -d 'Makes runners at once'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l enable-shell -d 'Lets the agent of its runners offer a shell'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -s r -l repo -d 'A repository: owner/name or id' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -s o -l org -d 'An organization: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -s e -l enterprise -d 'An enterprise: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l provider-name -d 'The provider that makes the machines' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l image -d 'Provider-specific image' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l flavor -d 'Provider-specific size' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l tags -d 'Labels of the runners, separated by commas' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l max-runners -d 'Upper bound of runners' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l min-idle-runners -d 'Idle runners kept ready' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l os-type -d 'Operating system: linux or windows' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l os-arch -d 'Architecture: amd64, arm64 or arm' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l runner-prefix -d 'Prefix of runner names' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l runner-bootstrap-timeout -d 'Minutes a runner may take to come up' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l runner-group -d 'Runner group at the forge' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l priority -d 'Higher wins when several pools fit' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l runner-install-template -d 'Name or number of the install template [default: the one that came with the program]' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l extra-specs -d 'JSON object for the provider' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l extra-specs-file -d 'File with a JSON object for the provider' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l enabled -d 'Makes runners at once'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l enable-shell -d 'Lets the agent of its runners offer a shell'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l image -d 'Provider-specific image' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l flavor -d 'Provider-specific size' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l tags -d 'Labels of the runners, separated by commas' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l max-runners -d 'Upper bound of runners' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l min-idle-runners -d 'Idle runners kept ready' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l os-type -d 'Operating system: linux or windows' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l os-arch -d 'Architecture: amd64, arm64 or arm' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l runner-prefix -d 'Prefix of runner names' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l runner-bootstrap-timeout -d 'Minutes a runner may take to come up' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l runner-group -d 'Runner group at the forge' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l priority -d 'Higher wins when several pools fit' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l enabled -d 'Whether runners are made' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l enable-shell -d 'Whether the agent of its runners may offer a shell' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l runner-install-template -d 'Name or number of the install template' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l extra-specs -d 'JSON object for the provider' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l extra-specs-file -d 'File with a JSON object for the provider' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from runner" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from runner" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from runner" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from runner" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from runner" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from runner" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from runner" -f -a "ls" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from runner" -f -a "rotate" -d 'Removes the idle ones now; the pool makes new ones for those it keeps ready (garm pool rotate does it some at a time)'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from runner" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from rotate" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from rotate" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from rotate" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from rotate" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from delete" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from delete" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from delete" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from delete" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from rm" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from rm" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from rm" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from rm" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from remove" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from remove" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from remove" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from remove" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from del" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from del" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from del" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from del" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists pools, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows a pool'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "add" -d 'Makes a pool'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "update" -d 'Changes a pool'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "runner" -d 'The runners of a pool'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Replaces idle runners by new ones, some at a time: after an image was renewed under its old name, say'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Removes a pool without runners'
complete -c garm -n "__fish_garm_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "list" -d 'Lists runners, of one pool, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "ls" -d 'Lists runners, of one pool, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "show" -d 'Shows a runner, with what it said'
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "get" -d 'Shows a runner, with what it said'
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "delete" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "rm" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "remove" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "del" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand runner; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from list" -s r -l repo -d 'A repository: owner/name or id' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from list" -s o -l org -d 'An organization: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from list" -s e -l enterprise -d 'An enterprise: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from list" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from list" -s a -l all -d 'All runners: what is listed anyway'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from list" -s l -l long -d 'Shows when they were made and changed and what they work on, too'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from list" -l watch -d 'Shows it again whenever it changed, until Ctrl-C'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from ls" -s r -l repo -d 'A repository: owner/name or id' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from ls" -s o -l org -d 'An organization: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from ls" -s e -l enterprise -d 'An enterprise: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from ls" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from ls" -s a -l all -d 'All runners: what is listed anyway'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from ls" -s l -l long -d 'Shows when they were made and changed and what they work on, too'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from ls" -l watch -d 'Shows it again whenever it changed, until Ctrl-C'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from get" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from get" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from get" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from get" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from delete" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from delete" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from delete" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from delete" -s f -l force-remove-runner -l force -d 'Forgets the runner even if provider or forge refuse to remove it'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from delete" -s b -l bypass-github-unauthorized -d 'Removes the machine even if the forge refuses the credentials; the runner may stay at the forge'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from delete" -s w -l wait -d 'Waits until it is gone'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from delete" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from rm" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from rm" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from rm" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from rm" -s f -l force-remove-runner -l force -d 'Forgets the runner even if provider or forge refuse to remove it'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from rm" -s b -l bypass-github-unauthorized -d 'Removes the machine even if the forge refuses the credentials; the runner may stay at the forge'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from rm" -s w -l wait -d 'Waits until it is gone'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from rm" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from remove" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from remove" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from remove" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from remove" -s f -l force-remove-runner -l force -d 'Forgets the runner even if provider or forge refuse to remove it'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from remove" -s b -l bypass-github-unauthorized -d 'Removes the machine even if the forge refuses the credentials; the runner may stay at the forge'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from remove" -s w -l wait -d 'Waits until it is gone'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from remove" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from del" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from del" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from del" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from del" -s f -l force-remove-runner -l force -d 'Forgets the runner even if provider or forge refuse to remove it'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from del" -s b -l bypass-github-unauthorized -d 'Removes the machine even if the forge refuses the credentials; the runner may stay at the forge'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from del" -s w -l wait -d 'Waits until it is gone'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from del" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists runners, of one pool, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows a runner, with what it said'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand runner; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "list" -d 'Lists runners, of one pool, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "ls" -d 'Lists runners, of one pool, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "show" -d 'Shows a runner, with what it said'
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "get" -d 'Shows a runner, with what it said'
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "delete" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "rm" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "remove" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "del" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand instance; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from list" -s r -l repo -d 'A repository: owner/name or id' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from list" -s o -l org -d 'An organization: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from list" -s e -l enterprise -d 'An enterprise: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from list" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from list" -s a -l all -d 'All runners: what is listed anyway'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from list" -s l -l long -d 'Shows when they were made and changed and what they work on, too'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from list" -l watch -d 'Shows it again whenever it changed, until Ctrl-C'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from ls" -s r -l repo -d 'A repository: owner/name or id' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from ls" -s o -l org -d 'An organization: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from ls" -s e -l enterprise -d 'An enterprise: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from ls" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from ls" -s a -l all -d 'All runners: what is listed anyway'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from ls" -s l -l long -d 'Shows when they were made and changed and what they work on, too'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from ls" -l watch -d 'Shows it again whenever it changed, until Ctrl-C'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from get" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from get" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from get" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from get" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from delete" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from delete" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from delete" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from delete" -s f -l force-remove-runner -l force -d 'Forgets the runner even if provider or forge refuse to remove it'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from delete" -s b -l bypass-github-unauthorized -d 'Removes the machine even if the forge refuses the credentials; the runner may stay at the forge'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from delete" -s w -l wait -d 'Waits until it is gone'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from delete" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from rm" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from rm" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from rm" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from rm" -s f -l force-remove-runner -l force -d 'Forgets the runner even if provider or forge refuse to remove it'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from rm" -s b -l bypass-github-unauthorized -d 'Removes the machine even if the forge refuses the credentials; the runner may stay at the forge'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from rm" -s w -l wait -d 'Waits until it is gone'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from rm" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from remove" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from remove" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from remove" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from remove" -s f -l force-remove-runner -l force -d 'Forgets the runner even if provider or forge refuse to remove it'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from remove" -s b -l bypass-github-unauthorized -d 'Removes the machine even if the forge refuses the credentials; the runner may stay at the forge'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from remove" -s w -l wait -d 'Waits until it is gone'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from remove" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from del" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from del" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from del" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from del" -s f -l force-remove-runner -l force -d 'Forgets the runner even if provider or forge refuse to remove it'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from del" -s b -l bypass-github-unauthorized -d 'Removes the machine even if the forge refuses the credentials; the runner may stay at the forge'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from del" -s w -l wait -d 'Waits until it is gone'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from del" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists runners, of one pool, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows a runner, with what it said'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand instance; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "list" -d 'Lists runners, of one pool, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "ls" -d 'Lists runners, of one pool, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "show" -d 'Shows a runner, with what it said'
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "get" -d 'Shows a runner, with what it said'
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "delete" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "rm" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "remove" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "del" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand run; and not __fish_seen_subcommand_from list ls show get delete rm remove del help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from list" -s r -l repo -d 'A repository: owner/name or id' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from list" -s o -l org -d 'An organization: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from list" -s e -l enterprise -d 'An enterprise: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from list" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from list" -s a -l all -d 'All runners: what is listed anyway'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from list" -s l -l long -d 'Shows when they were made and changed and what they work on, too'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from list" -l watch -d 'Shows it again whenever it changed, until Ctrl-C'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from ls" -s r -l repo -d 'A repository: owner/name or id' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from ls" -s o -l org -d 'An organization: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from ls" -s e -l enterprise -d 'An enterprise: name or id' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from ls" -l endpoint -d 'The endpoint it is on, where several have one of this name' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from ls" -s a -l all -d 'All runners: what is listed anyway'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from ls" -s l -l long -d 'Shows when they were made and changed and what they work on, too'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from ls" -l watch -d 'Shows it again whenever it changed, until Ctrl-C'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from get" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from get" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from get" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from get" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from delete" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from delete" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from delete" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from delete" -s f -l force-remove-runner -l force -d 'Forgets the runner even if provider or forge refuse to remove it'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from delete" -s b -l bypass-github-unauthorized -d 'Removes the machine even if the forge refuses the credentials; the runner may stay at the forge'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from delete" -s w -l wait -d 'Waits until it is gone'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from delete" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from rm" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from rm" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from rm" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from rm" -s f -l force-remove-runner -l force -d 'Forgets the runner even if provider or forge refuse to remove it'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from rm" -s b -l bypass-github-unauthorized -d 'Removes the machine even if the forge refuses the credentials; the runner may stay at the forge'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from rm" -s w -l wait -d 'Waits until it is gone'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from rm" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from remove" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from remove" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from remove" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from remove" -s f -l force-remove-runner -l force -d 'Forgets the runner even if provider or forge refuse to remove it'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from remove" -s b -l bypass-github-unauthorized -d 'Removes the machine even if the forge refuses the credentials; the runner may stay at the forge'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from remove" -s w -l wait -d 'Waits until it is gone'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from remove" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from del" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from del" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from del" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from del" -s f -l force-remove-runner -l force -d 'Forgets the runner even if provider or forge refuse to remove it'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from del" -s b -l bypass-github-unauthorized -d 'Removes the machine even if the forge refuses the credentials; the runner may stay at the forge'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from del" -s w -l wait -d 'Waits until it is gone'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from del" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists runners, of one pool, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows a runner, with what it said'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand run; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand job; and not __fish_seen_subcommand_from list ls show get why help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand job; and not __fish_seen_subcommand_from list ls show get why help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand job; and not __fish_seen_subcommand_from list ls show get why help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand job; and not __fish_seen_subcommand_from list ls show get why help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand job; and not __fish_seen_subcommand_from list ls show get why help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand job; and not __fish_seen_subcommand_from list ls show get why help" -f -a "list" -d 'Lists the jobs'
complete -c garm -n "__fish_garm_using_subcommand job; and not __fish_seen_subcommand_from list ls show get why help" -f -a "ls" -d 'Lists the jobs'
complete -c garm -n "__fish_garm_using_subcommand job; and not __fish_seen_subcommand_from list ls show get why help" -f -a "show" -d 'Shows a job'
complete -c garm -n "__fish_garm_using_subcommand job; and not __fish_seen_subcommand_from list ls show get why help" -f -a "get" -d 'Shows a job'
complete -c garm -n "__fish_garm_using_subcommand job; and not __fish_seen_subcommand_from list ls show get why help" -f -a "why" -d 'Says what a job waits for'
complete -c garm -n "__fish_garm_using_subcommand job; and not __fish_seen_subcommand_from list ls show get why help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from list" -l watch -d 'Shows it again whenever it changed, until Ctrl-C'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from ls" -l watch -d 'Shows it again whenever it changed, until Ctrl-C'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from get" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from get" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from get" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from get" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from why" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from why" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from why" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from why" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists the jobs'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows a job'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "why" -d 'Says what a job waits for'
complete -c garm -n "__fish_garm_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand provider; and not __fish_seen_subcommand_from list ls show get check new help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand provider; and not __fish_seen_subcommand_from list ls show get check new help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand provider; and not __fish_seen_subcommand_from list ls show get check new help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand provider; and not __fish_seen_subcommand_from list ls show get check new help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand provider; and not __fish_seen_subcommand_from list ls show get check new help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand provider; and not __fish_seen_subcommand_from list ls show get check new help" -f -a "list" -d 'Lists the providers of the server\'s configuration'
complete -c garm -n "__fish_garm_using_subcommand provider; and not __fish_seen_subcommand_from list ls show get check new help" -f -a "ls" -d 'Lists the providers of the server\'s configuration'
complete -c garm -n "__fish_garm_using_subcommand provider; and not __fish_seen_subcommand_from list ls show get check new help" -f -a "show" -d 'Shows a provider: how it is called, what it accepts, how its calls went'
complete -c garm -n "__fish_garm_using_subcommand provider; and not __fish_seen_subcommand_from list ls show get check new help" -f -a "get" -d 'Shows a provider: how it is called, what it accepts, how its calls went'
complete -c garm -n "__fish_garm_using_subcommand provider; and not __fish_seen_subcommand_from list ls show get check new help" -f -a "check" -d 'Holds a provider to the contract and says what is wrong and how to mend it; needs no server'
complete -c garm -n "__fish_garm_using_subcommand provider; and not __fish_seen_subcommand_from list ls show get check new help" -f -a "new" -d 'Writes a provider to begin with: it works, and shows where your cloud goes'
complete -c garm -n "__fish_garm_using_subcommand provider; and not __fish_seen_subcommand_from list ls show get check new help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from get" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from get" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from get" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from get" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l config -d 'The provider\'s own configuration' -r -F
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l image -d 'With --live: the provider\'s word for an image' -r
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l flavor -d 'With --live: the provider\'s word for a size' -r
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l os-type -d 'With --live: operating system of the machines' -r -f -a "linux\t''
windows\t''"
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l arch -l os-arch -d 'With --live: architecture of the machines' -r -f -a "amd64\t''
i386\t''
arm64\t''
arm\t''"
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l extra-specs -d 'A pool\'s settings for the provider, a JSON object' -r
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l interface-version -d 'The version of the contract to check; repeated, the first is checked in full and the other where it makes a difference [default: v0.1.0 and v0.1.1]' -r
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l env -d 'Pass on the variables that begin so, as `environment_variables` in the server\'s configuration does' -r
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l timeout -d 'How long a command may take, and a machine to become what it was asked to be' -r
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l live -d 'Make machines, too, and remove them'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from new" -l lang -d 'The language it is written in' -r -f -a "bash\t'A script for bash, with jq'
python\t'A script for Python 3.9 or later, with nothing but its standard library'
rust\t'A Rust package, with `serde_json`'"
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from new" -l dir -d 'Where it is written to [default: a directory of its name]' -r -f -a "(__fish_complete_directories)"
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from new" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from new" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from new" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from new" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists the providers of the server\'s configuration'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows a provider: how it is called, what it accepts, how its calls went'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "check" -d 'Holds a provider to the contract and says what is wrong and how to mend it; needs no server'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "new" -d 'Writes a provider to begin with: it works, and shows where your cloud goes'
complete -c garm -n "__fish_garm_using_subcommand provider; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "list" -d 'Lists the templates'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "ls" -d 'Lists the templates'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "show" -d 'Shows a template, but for its text'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "get" -d 'Shows a template, but for its text'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "create" -d 'Stores a template from a file'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "add" -d 'Stores a template from a file'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "update" -d 'Changes a template'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "copy" -d 'Stores a copy under another name'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "clone" -d 'Stores a copy under another name'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "cp" -d 'Stores a copy under another name'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "download" -d 'Writes the text of a template to a new file'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "edit" -d 'Opens the text of a template in your editor and stores it when the editor ends'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "restore" -d 'Brings templates that came with the program back to what they were'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "delete" -d 'Removes a template that no pool uses'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "rm" -d 'Removes a template that no pool uses'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "remove" -d 'Removes a template that no pool uses'
complete -c garm -n "__fish_garm_using_subcommand template; and not __fish_seen_subcommand_from list ls show get create add update copy clone cp download edit restore delete rm remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from list" -l name -d 'Only those with this in their name' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from list" -l os-type -d 'Only those for this system: linux or windows' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from list" -l forge-type -d 'Only those for this kind of forge: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from list" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from list" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from list" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from ls" -l name -d 'Only those with this in their name' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from ls" -l os-type -d 'Only those for this system: linux or windows' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from ls" -l forge-type -d 'Only those for this kind of forge: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from ls" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from ls" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from ls" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from ls" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from show" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from show" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from show" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from get" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from get" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from get" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from get" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from create" -l name -d 'Unique name' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from create" -l description -d 'Free text' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from create" -l os-type -d 'The system it installs on: linux or windows' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from create" -l forge-type -d 'The kind of forge it registers with: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from create" -l path -d 'File with the text, in the language of Go\'s text/template' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from create" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from create" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from create" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from create" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from add" -l name -d 'Unique name' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from add" -l description -d 'Free text' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from add" -l os-type -d 'The system it installs on: linux or windows' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from add" -l forge-type -d 'The kind of forge it registers with: github or gitea' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from add" -l path -d 'File with the text, in the language of Go\'s text/template' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from add" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from add" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from add" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from add" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from update" -l name -d 'Another name' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from update" -l description -d 'Free text' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from update" -l path -d 'File with the new text' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from update" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from update" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from update" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from update" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from copy" -l description -d 'Free text [default: that of the template]' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from copy" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from copy" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from copy" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from copy" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from copy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from clone" -l description -d 'Free text [default: that of the template]' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from clone" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from clone" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from clone" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from clone" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from clone" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from cp" -l description -d 'Free text [default: that of the template]' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from cp" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from cp" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from cp" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from cp" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from cp" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from download" -l path -d 'The file; it must not exist yet' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from download" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from download" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from download" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from download" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from download" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from edit" -l editor -d 'The editor, with its own arguments' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from edit" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from edit" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from edit" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from edit" -l external -d 'Accepted for older scripts: the editor is always a program of yours'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from edit" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from restore" -l forge-type -d 'The one for this kind of forge [default: all]' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from restore" -l os-type -d 'The one for this system [default: all]' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from restore" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from restore" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from restore" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from restore" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from delete" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from delete" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from delete" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from delete" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from rm" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from rm" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from rm" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from rm" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from remove" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from remove" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from remove" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from remove" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "list" -d 'Lists the templates'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "show" -d 'Shows a template, but for its text'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "create" -d 'Stores a template from a file'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "update" -d 'Changes a template'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "copy" -d 'Stores a copy under another name'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "download" -d 'Writes the text of a template to a new file'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Opens the text of a template in your editor and stores it when the editor ends'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "restore" -d 'Brings templates that came with the program back to what they were'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Removes a template that no pool uses'
complete -c garm -n "__fish_garm_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and not __fish_seen_subcommand_from create help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and not __fish_seen_subcommand_from create help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and not __fish_seen_subcommand_from create help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and not __fish_seen_subcommand_from create help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and not __fish_seen_subcommand_from create help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and not __fish_seen_subcommand_from create help" -f -a "create" -d 'Makes a token that is good for `/metrics` and for nothing else, and prints it'
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and not __fish_seen_subcommand_from create help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and __fish_seen_subcommand_from create" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and __fish_seen_subcommand_from create" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and __fish_seen_subcommand_from create" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and __fish_seen_subcommand_from create" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and __fish_seen_subcommand_from help" -f -a "create" -d 'Makes a token that is good for `/metrics` and for nothing else, and prints it'
complete -c garm -n "__fish_garm_using_subcommand metrics-token; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand debug-log" -l log-level -d 'Shows lines of this level and above: debug, info, warn, error' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c garm -n "__fish_garm_using_subcommand debug-log" -l filter -d 'Shows lines whose attribute has this value; `msg=TEXT` those whose message contains the text. May be given several times' -r
complete -c garm -n "__fish_garm_using_subcommand debug-log" -l filter-mode -d 'Whether a line must fit any or all of the filters' -r -f -a "any\t''
all\t''"
complete -c garm -n "__fish_garm_using_subcommand debug-log" -l highlight -d 'Colours this attribute. May be given several times' -r
complete -c garm -n "__fish_garm_using_subcommand debug-log" -l enable-color -d 'Whether to colour [default: on a terminal]' -r -f -a "true\t''
false\t''"
complete -c garm -n "__fish_garm_using_subcommand debug-log" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand debug-log" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand debug-log" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand debug-log" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand debug-log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand version" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand version" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand version" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand version" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand completion" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand completion" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand completion" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand completion" -l no-descriptions -d 'Leaves out what commands and options are for'
complete -c garm -n "__fish_garm_using_subcommand completion" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand simulate; and not __fish_seen_subcommand_from fuzz replay help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand simulate; and not __fish_seen_subcommand_from fuzz replay help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand simulate; and not __fish_seen_subcommand_from fuzz replay help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand simulate; and not __fish_seen_subcommand_from fuzz replay help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand simulate; and not __fish_seen_subcommand_from fuzz replay help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand simulate; and not __fish_seen_subcommand_from fuzz replay help" -f -a "fuzz" -d 'Attacks the engine with everything that can go wrong, seed after seed'
complete -c garm -n "__fish_garm_using_subcommand simulate; and not __fish_seen_subcommand_from fuzz replay help" -f -a "replay" -d 'Replays a history of jobs against pool settings: waits, utilisation, cost'
complete -c garm -n "__fish_garm_using_subcommand simulate; and not __fish_seen_subcommand_from fuzz replay help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from fuzz" -l seeds -d 'How many seeds' -r
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from fuzz" -l first-seed -d 'The first of them [default: chance]' -r
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from fuzz" -l threads -d 'How many trials run at the same time [default: one for each processor]' -r
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from fuzz" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from fuzz" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from fuzz" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from fuzz" -l trace -d 'Show everything that happened in a trial that failed, or, of a single seed, in any case'
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from fuzz" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from fuzz" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from replay" -l synthetic -d 'Jobs by chance instead, such as jobs-per-hour=60,hours=24,duration=5m,p99=20m,labels=linux;x64,shape=workday; several add up' -r
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from replay" -l policy -d 'A file with the settings to try; several are compared' -r -F
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from replay" -l plot -d 'Draw queue, machines and waits over time' -r -F
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from replay" -l seed -d 'Decides what is left to chance; the same seed gives the same result' -r
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from replay" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from replay" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from replay" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from replay" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from help" -f -a "fuzz" -d 'Attacks the engine with everything that can go wrong, seed after seed'
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from help" -f -a "replay" -d 'Replays a history of jobs against pool settings: waits, utilisation, cost'
complete -c garm -n "__fish_garm_using_subcommand simulate; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand util; and not __fish_seen_subcommand_from completion openapi man help" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand util; and not __fish_seen_subcommand_from completion openapi man help" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand util; and not __fish_seen_subcommand_from completion openapi man help" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand util; and not __fish_seen_subcommand_from completion openapi man help" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand util; and not __fish_seen_subcommand_from completion openapi man help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand util; and not __fish_seen_subcommand_from completion openapi man help" -f -a "completion" -d 'Prints the completion script of a shell'
complete -c garm -n "__fish_garm_using_subcommand util; and not __fish_seen_subcommand_from completion openapi man help" -f -a "openapi" -d 'Prints the description of the API'
complete -c garm -n "__fish_garm_using_subcommand util; and not __fish_seen_subcommand_from completion openapi man help" -f -a "man" -d 'Writes the manual pages into a directory'
complete -c garm -n "__fish_garm_using_subcommand util; and not __fish_seen_subcommand_from completion openapi man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from completion" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from completion" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from completion" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from completion" -l no-descriptions -d 'Leaves out what commands and options are for'
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from completion" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from openapi" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from openapi" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from openapi" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from openapi" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from openapi" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from man" -l format -d 'How results are shown' -r -f -a "table\t'For people'
json\t'For programs: what the API answered'"
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from man" -l profile -d 'The profile to use instead of the active one' -r
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from man" -l profiles -d 'The file that keeps profiles' -r -F
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from man" -l debug -d 'Prints what is asked of the server and answered, without secrets'
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from help" -f -a "completion" -d 'Prints the completion script of a shell'
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from help" -f -a "openapi" -d 'Prints the description of the API'
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from help" -f -a "man" -d 'Writes the manual pages into a directory'
complete -c garm -n "__fish_garm_using_subcommand util; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "serve" -d 'Runs the server'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "admin" -d 'Administrators, from the machine the server runs on: lists them, sets a password, ends logins'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "demo" -d 'Shows the whole way of a few jobs on this machine: no account, no cloud, no root'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "init" -d 'Sets up a new server: administrator, login, URLs'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "profile" -d 'Which servers there are, and the login for each'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "controller" -d 'The settings of the installation'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "github" -d 'GitHub endpoints and credentials'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "credentials" -d 'The credentials of GitHub, for short'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "repo" -d 'Repositories that have runners'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "org" -d 'Organizations that have runners'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "enterprise" -d 'Enterprises that have runners'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "pool" -d 'How many runners of what kind'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "runner" -d 'Machines and the runners on them'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "job" -d 'What waits, what runs, and why'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "provider" -d 'Who makes the machines'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "template" -d 'The scripts that install runners'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "metrics-token" -d 'Tokens for reading the figures at /metrics'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "debug-log" -d 'Shows the server\'s log as it is written'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "version" -d 'Prints the version'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "completion" -d 'Prints the completion script of a shell'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "simulate" -d 'The engine without a cloud, on virtual time'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "util" -d 'Completions, manual pages, the description of the API'
complete -c garm -n "__fish_garm_using_subcommand help; and not __fish_seen_subcommand_from serve admin demo init profile controller github credentials repo org enterprise pool runner job provider template metrics-token debug-log version completion simulate util help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from admin" -f -a "list" -d 'Lists the administrators'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from admin" -f -a "password-reset" -d 'Sets a new password; logins made with the old one end'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from admin" -f -a "enable" -d 'Lets an account that was disabled log in again'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from admin" -f -a "disable" -d 'Keeps an account from logging in, and its tokens from being used'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "list" -d 'Lists the profiles'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "add" -d 'Logs in to a server and keeps the login as a profile'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "login" -d 'Logs in again'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "switch" -d 'Uses another profile from now on'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "delete" -d 'Forgets a profile'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from controller" -f -a "show" -d 'Shows the settings'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from controller" -f -a "update" -d 'Changes settings'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from github" -f -a "endpoint" -d 'Where GitHub is'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from github" -f -a "credentials" -d 'Tokens and Apps'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from credentials" -f -a "list" -d 'Lists the credentials'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from org" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from org" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from org" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from org" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from org" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from org" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from enterprise" -f -a "list" -d 'Lists them'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from enterprise" -f -a "show" -d 'Shows one, with what happened to it last'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from enterprise" -f -a "add" -d 'Adds one'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from enterprise" -f -a "update" -d 'Changes one'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from enterprise" -f -a "delete" -d 'Removes one that has no pools'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from enterprise" -f -a "webhook" -d 'Its webhook at the forge, where the server\'s configuration allows to manage it'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "list" -d 'Lists pools, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "show" -d 'Shows a pool'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "add" -d 'Makes a pool'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "update" -d 'Changes a pool'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "runner" -d 'The runners of a pool'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "rotate" -d 'Replaces idle runners by new ones, some at a time: after an image was renewed under its old name, say'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "delete" -d 'Removes a pool without runners'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from runner" -f -a "list" -d 'Lists runners, of one pool, of one entity or all'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from runner" -f -a "show" -d 'Shows a runner, with what it said'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from runner" -f -a "delete" -d 'Removes a runner and its machine'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from job" -f -a "list" -d 'Lists the jobs'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from job" -f -a "show" -d 'Shows a job'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from job" -f -a "why" -d 'Says what a job waits for'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "list" -d 'Lists the providers of the server\'s configuration'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "show" -d 'Shows a provider: how it is called, what it accepts, how its calls went'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "check" -d 'Holds a provider to the contract and says what is wrong and how to mend it; needs no server'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from provider" -f -a "new" -d 'Writes a provider to begin with: it works, and shows where your cloud goes'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "list" -d 'Lists the templates'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "show" -d 'Shows a template, but for its text'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "create" -d 'Stores a template from a file'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "update" -d 'Changes a template'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "copy" -d 'Stores a copy under another name'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "download" -d 'Writes the text of a template to a new file'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "edit" -d 'Opens the text of a template in your editor and stores it when the editor ends'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "restore" -d 'Brings templates that came with the program back to what they were'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "delete" -d 'Removes a template that no pool uses'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from metrics-token" -f -a "create" -d 'Makes a token that is good for `/metrics` and for nothing else, and prints it'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from simulate" -f -a "fuzz" -d 'Attacks the engine with everything that can go wrong, seed after seed'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from simulate" -f -a "replay" -d 'Replays a history of jobs against pool settings: waits, utilisation, cost'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from util" -f -a "completion" -d 'Prints the completion script of a shell'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from util" -f -a "openapi" -d 'Prints the description of the API'
complete -c garm -n "__fish_garm_using_subcommand help; and __fish_seen_subcommand_from util" -f -a "man" -d 'Writes the manual pages into a directory'

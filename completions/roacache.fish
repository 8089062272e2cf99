# fish completion for roacache; printed by `roacache completion fish`.

# True when the command on the line is $argv[1]; the empty one when there is none yet.
function __roacache_is
    set -l words (commandline -opc)
    set -e words[1]
    set -l command ''
    set -l value false
    for word in $words
        if test $value = true
            set value false
        else if contains -- $word -u --url -p --profile --config --env-file -o --output --color --timeout --password-file --token-file --cacert --cert --key-file
            set value true
        else if not string match -q -- '-*' $word
            set command $word
            break
        end
    end
    test "$command" = "$argv[1]"
end

complete -c roacache -f
complete -c roacache -s h -l help -d 'Print this help message and exit'
complete -c roacache -s u -l url -x -d 'The cache: redis:// rediss:// valkey:// unix:// redis+sentinel:// redis+cluster:// sqlite: http(s)://'
complete -c roacache -s p -l profile -x -d 'How the service lays out its keys (default roa2web)'
complete -c roacache -l config -r -F -d 'Settings file instead of ./roacache.toml'
complete -c roacache -l env-file -r -F -d 'The service\'s .env file'
complete -c roacache -s o -l output -x -a 'table json ndjson csv markdown' -d 'table, json, ndjson or csv (default: table on a terminal, plain lines in a pipe)'
complete -c roacache -l color -x -a 'auto always never' -d 'auto, always or never'
complete -c roacache -l timeout -x -d 'Limit for connecting and for each answer (default 5s)'
complete -c roacache -l password-file -r -F -d 'File that holds the cache\'s password'
complete -c roacache -l token-file -r -F -d 'File that holds the management API\'s token'
complete -c roacache -l cacert -r -F -d 'Authorities to trust (PEM)'
complete -c roacache -l cert -r -F -d 'Client certificate (PEM)'
complete -c roacache -l key-file -r -F -d 'Key of the client certificate (PEM)'
complete -c roacache -l insecure -d 'Accept any TLS certificate'
complete -c roacache -s q -l quiet -d 'No notes and no progress'
complete -c roacache -s v -l verbose -d 'Say where each setting came from'
complete -c roacache -l version -d 'Display program version information and exit'
complete -c roacache -n '__roacache_is ""' -a ping -d 'Does the cache answer? Role, version, topology, round trip'
complete -c roacache -n '__roacache_is ""' -a completion -d 'Print the completion script of a shell'
complete -c roacache -n '__roacache_is ping' -s c -l count -x -d 'Round trips to measure'
complete -c roacache -n '__roacache_is ping' -l wait -x -d 'Retry for this long until it answers'
complete -c roacache -n '__roacache_is completion' -a 'bash zsh fish' -d 'The shell to make the script for'

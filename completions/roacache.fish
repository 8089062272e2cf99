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
complete -c roacache -n '__roacache_is ""' -a keys -d 'List the keys that are there, as they are found'
complete -c roacache -n '__roacache_is ""' -a key -d 'The exact key that the service computes for a call'
complete -c roacache -n '__roacache_is ""' -a bench -d 'Prove what the cache is worth: cached against uncached latency'
complete -c roacache -n '__roacache_is ""' -a demo -d 'Run the reference service: a real database behind a real cache'
complete -c roacache -n '__roacache_is ""' -a profile -d 'How services lay out their keys: list, show, check'
complete -c roacache -n '__roacache_is ""' -a completion -d 'Print the completion script of a shell'
complete -c roacache -n '__roacache_is ping' -s c -l count -x -d 'Round trips to measure'
complete -c roacache -n '__roacache_is ping' -l wait -x -d 'Retry for this long until it answers'
complete -c roacache -n '__roacache_is keys' -s t -l tenant -x -d 'Of this tenant'
complete -c roacache -n '__roacache_is keys' -s r -l resource -x -d 'Of this resource (repeatable: of any of them)'
complete -c roacache -n '__roacache_is keys' -s w -l where -x -d 'With this readable segment, such as company=123 (repeatable: with all of them)'
complete -c roacache -n '__roacache_is keys' -s e -l event -x -d 'Made stale by this event of the profile (repeatable)'
complete -c roacache -n '__roacache_is keys' -s k -l key -x -d 'This very key (repeatable)'
complete -c roacache -n '__roacache_is keys' -l keys-from -r -F -d 'The keys in this file, one a line; - is standard input'
complete -c roacache -n '__roacache_is keys' -l match -x -d 'Raw keys that match, recognised by the profile or not (repeatable)'
complete -c roacache -n '__roacache_is keys' -s g -l glob -d 'The values of -t, -r and -w are globs'
complete -c roacache -n '__roacache_is keys' -l all-tenants -d 'Of every tenant'
complete -c roacache -n '__roacache_is keys' -s 0 -l null -d 'Keys end in NUL instead of a line break, read and printed'
complete -c roacache -n '__roacache_is keys' -s l -l long -d 'With type, time to live and size'
complete -c roacache -n '__roacache_is keys' -l sort -x -a 'ttl bytes key' -d 'By time to live (least first), size (largest first) or key'
complete -c roacache -n '__roacache_is keys' -l limit -x -d 'At most so many keys'
complete -c roacache -n '__roacache_is keys' -l count -d 'Only how many'
complete -c roacache -n '__roacache_is keys' -l max-pause -x -d 'No command holds the server longer than about this'
complete -c roacache -n '__roacache_is key' -s t -l tenant -x -d 'Of this tenant (default: the profile\'s)'
complete -c roacache -n '__roacache_is key' -l stdin -d 'Read calls from standard input, one JSON object a line'
complete -c roacache -n '__roacache_is bench' -l uncached-url -x -d 'Where the uncached answer is had; once for each URL, in order'
complete -c roacache -n '__roacache_is bench' -l uncached-header -x -d 'Request header that makes the service go past its cache (repeatable)'
complete -c roacache -n '__roacache_is bench' -l uncached-query -x -d 'Query parameter that does so (repeatable)'
complete -c roacache -n '__roacache_is bench' -l hit-header -x -d 'Response header that proves a hit, as \'X-Cache: HIT\''
complete -c roacache -n '__roacache_is bench' -l single -d 'One arm only: a plain load test, no verdict on caching'
complete -c roacache -n '__roacache_is bench' -l no-compare -d 'Do not compare the answers of both arms (they rightly differ)'
complete -c roacache -n '__roacache_is bench' -l demo -d 'Measure the reference service, run in this process'
complete -c roacache -n '__roacache_is bench' -l cache-url -x -d 'With --demo: Redis URL of its second tier (default: a SQLite file)'
complete -c roacache -n '__roacache_is bench' -l rows -x -d 'With --demo: invoices in its ledger'
complete -c roacache -n '__roacache_is bench' -s H -l header -x -d 'Request header (repeatable)'
complete -c roacache -n '__roacache_is bench' -s m -l method -x -d 'Method (default GET, with a body POST)'
complete -c roacache -n '__roacache_is bench' -s d -l data -x -d 'Body, or @FILE'
complete -c roacache -n '__roacache_is bench' -s T -l type -x -d 'Content-Type of the body (default application/json)'
complete -c roacache -n '__roacache_is bench' -s A -l auth -x -d 'Credentials for basic authentication'
complete -c roacache -n '__roacache_is bench' -s C -l cookie -x -d 'Cookie, as name=value (repeatable)'
complete -c roacache -n '__roacache_is bench' -s n -l requests -x -d 'Requests for each arm and URL (default 1000; --demo 250)'
complete -c roacache -n '__roacache_is bench' -s c -l concurrency -x -d 'Connections busy at once'
complete -c roacache -n '__roacache_is bench' -s z -l duration -x -d 'Measure for this long instead of counting requests'
complete -c roacache -n '__roacache_is bench' -l warmup -x -d 'Requests for each arm and URL before the measurement'
complete -c roacache -n '__roacache_is bench' -l blocks -x -d 'Pairs of blocks in which the arms take turns'
complete -c roacache -n '__roacache_is bench' -l seed -x -d 'Of the random order of the blocks'
complete -c roacache -n '__roacache_is bench' -l report -r -F -d 'Write the report (Markdown, with SVG pictures beside it)'
complete -c roacache -n '__roacache_is bench' -l json -r -F -d 'Write all figures as JSON'
complete -c roacache -n '__roacache_is bench' -l assert -x -d 'What has to hold, as \'mean_reduction >= 60%\' (repeatable)'
complete -c roacache -n '__roacache_is demo' -l listen -x -d 'Where to listen; port 0 lets the system choose'
complete -c roacache -n '__roacache_is demo' -l cache-url -x -d 'Second tier: a Redis URL, sqlite:PATH, or none for no cache at all (default: a SQLite file)'
complete -c roacache -n '__roacache_is demo' -l rows -x -d 'Invoices in the ledger'
complete -c roacache -n '__roacache_is completion' -a 'bash zsh fish' -d 'The shell to make the script for'

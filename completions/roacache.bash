# bash completion for roacache; printed by `roacache completion bash`.

# What follows COMMAND:OPTION, in `kind` and `words`.
__roacache_kind() {
    kind=flag words=
    case $1 in
    ping:-c | ping:--count) kind=nothing ;;
    ping:--wait) kind=nothing ;;
    ping:--instances) kind=nothing ;;
    ping:-o | ping:--output) kind=words words='table json ndjson csv' ;;
    keys:-t | keys:--tenant) kind=nothing ;;
    keys:-r | keys:--resource) kind=words words='catalog_categories companies_all_synced companies_list dashboard_cashflow dashboard_data dashboard_detailed_data dashboard_maturity dashboard_metrics dashboard_performance dashboard_staff_performance dashboard_summary dashboard_top_services dashboard_trends employee employee_rirekisho invoices_list invoices_summary list payroll salary search settings treasury_data user user_permissions user_roles' ;;
    keys:-w | keys:--where) kind=nothing ;;
    keys:-e | keys:--event) kind=words words='bill-paid category-changed company-changed employee-changed invoice-changed password-reset payment-recorded payroll-generated settings-changed sync-completed treasury-transaction' ;;
    keys:-k | keys:--key) kind=nothing ;;
    keys:--keys-from) kind=files ;;
    keys:--match) kind=nothing ;;
    keys:--read-from) kind=words words='primary replica' ;;
    keys:--sort) kind=words words='ttl bytes key' ;;
    keys:--limit) kind=nothing ;;
    keys:--max-pause) kind=nothing ;;
    keys:--max-load) kind=nothing ;;
    keys:--max-rate) kind=nothing ;;
    keys:-o | keys:--output) kind=words words='table json ndjson csv' ;;
    key:-t | key:--tenant) kind=nothing ;;
    key:-o | key:--output) kind=words words='table json ndjson' ;;
    invalidate:-t | invalidate:--tenant) kind=nothing ;;
    invalidate:-r | invalidate:--resource) kind=words words='catalog_categories companies_all_synced companies_list dashboard_cashflow dashboard_data dashboard_detailed_data dashboard_maturity dashboard_metrics dashboard_performance dashboard_staff_performance dashboard_summary dashboard_top_services dashboard_trends employee employee_rirekisho invoices_list invoices_summary list payroll salary search settings treasury_data user user_permissions user_roles' ;;
    invalidate:-w | invalidate:--where) kind=nothing ;;
    invalidate:-e | invalidate:--event) kind=words words='bill-paid category-changed company-changed employee-changed invoice-changed password-reset payment-recorded payroll-generated settings-changed sync-completed treasury-transaction' ;;
    invalidate:-k | invalidate:--key) kind=nothing ;;
    invalidate:--keys-from) kind=files ;;
    invalidate:--match) kind=nothing ;;
    invalidate:--max-keys) kind=nothing ;;
    invalidate:--audit-log) kind=files ;;
    invalidate:--reason) kind=nothing ;;
    invalidate:--notify) kind=nothing ;;
    invalidate:--notify-url) kind=nothing ;;
    invalidate:--max-pause) kind=nothing ;;
    invalidate:--max-load) kind=nothing ;;
    invalidate:--max-rate) kind=nothing ;;
    invalidate:--soft) kind=nothing ;;
    invalidate:--instances) kind=nothing ;;
    invalidate:--resume-file) kind=files ;;
    invalidate:--settle) kind=nothing ;;
    invalidate:--resume) kind=files ;;
    invalidate:-o | invalidate:--output) kind=words words='table json ndjson csv' ;;
    plan:-t | plan:--tenant) kind=nothing ;;
    plan:-r | plan:--resource) kind=words words='catalog_categories companies_all_synced companies_list dashboard_cashflow dashboard_data dashboard_detailed_data dashboard_maturity dashboard_metrics dashboard_performance dashboard_staff_performance dashboard_summary dashboard_top_services dashboard_trends employee employee_rirekisho invoices_list invoices_summary list payroll salary search settings treasury_data user user_permissions user_roles' ;;
    plan:-w | plan:--where) kind=nothing ;;
    plan:-e | plan:--event) kind=words words='bill-paid category-changed company-changed employee-changed invoice-changed password-reset payment-recorded payroll-generated settings-changed sync-completed treasury-transaction' ;;
    plan:-k | plan:--key) kind=nothing ;;
    plan:--keys-from) kind=files ;;
    plan:--match) kind=nothing ;;
    plan:-O | plan:--out) kind=files ;;
    plan:--max-pause) kind=nothing ;;
    plan:--max-load) kind=nothing ;;
    plan:--max-rate) kind=nothing ;;
    plan:-o | plan:--output) kind=words words='table json ndjson' ;;
    apply:--max-age) kind=nothing ;;
    apply:--tolerance) kind=nothing ;;
    apply:--max-keys) kind=nothing ;;
    apply:--audit-log) kind=files ;;
    apply:--reason) kind=nothing ;;
    apply:--notify) kind=nothing ;;
    apply:--notify-url) kind=nothing ;;
    apply:--max-pause) kind=nothing ;;
    apply:--max-load) kind=nothing ;;
    apply:--max-rate) kind=nothing ;;
    apply:--resume-file) kind=files ;;
    apply:-o | apply:--output) kind=words words='table json ndjson csv' ;;
    follow:--sqlite) kind=nothing ;;
    follow:--query) kind=nothing ;;
    follow:--command) kind=nothing ;;
    follow:-t | follow:--tenant) kind=nothing ;;
    follow:-r | follow:--resource) kind=words words='catalog_categories companies_all_synced companies_list dashboard_cashflow dashboard_data dashboard_detailed_data dashboard_maturity dashboard_metrics dashboard_performance dashboard_staff_performance dashboard_summary dashboard_top_services dashboard_trends employee employee_rirekisho invoices_list invoices_summary list payroll salary search settings treasury_data user user_permissions user_roles' ;;
    follow:-w | follow:--where) kind=nothing ;;
    follow:-e | follow:--event) kind=words words='bill-paid category-changed company-changed employee-changed invoice-changed password-reset payment-recorded payroll-generated settings-changed sync-completed treasury-transaction' ;;
    follow:-k | follow:--key) kind=nothing ;;
    follow:--keys-from) kind=files ;;
    follow:--match) kind=nothing ;;
    follow:--interval) kind=nothing ;;
    follow:--settle) kind=nothing ;;
    follow:--state) kind=files ;;
    follow:--max-keys) kind=nothing ;;
    follow:--audit-log) kind=files ;;
    follow:--reason) kind=nothing ;;
    follow:--notify) kind=nothing ;;
    follow:--notify-url) kind=nothing ;;
    follow:--max-pause) kind=nothing ;;
    follow:--max-load) kind=nothing ;;
    follow:--max-rate) kind=nothing ;;
    follow:--soft) kind=nothing ;;
    follow:--instances) kind=nothing ;;
    follow:-o | follow:--output) kind=words words='table json ndjson' ;;
    inspect:-t | inspect:--tenant) kind=nothing ;;
    inspect:-r | inspect:--resource) kind=words words='catalog_categories companies_all_synced companies_list dashboard_cashflow dashboard_data dashboard_detailed_data dashboard_maturity dashboard_metrics dashboard_performance dashboard_staff_performance dashboard_summary dashboard_top_services dashboard_trends employee employee_rirekisho invoices_list invoices_summary list payroll salary search settings treasury_data user user_permissions user_roles' ;;
    inspect:-w | inspect:--where) kind=nothing ;;
    inspect:-e | inspect:--event) kind=words words='bill-paid category-changed company-changed employee-changed invoice-changed password-reset payment-recorded payroll-generated settings-changed sync-completed treasury-transaction' ;;
    inspect:-k | inspect:--key) kind=nothing ;;
    inspect:--keys-from) kind=files ;;
    inspect:--match) kind=nothing ;;
    inspect:--read-from) kind=words words='primary replica' ;;
    inspect:--max-bytes) kind=nothing ;;
    inspect:-o | inspect:--output) kind=words words='table json ndjson csv' ;;
    stats:-t | stats:--tenant) kind=nothing ;;
    stats:-r | stats:--resource) kind=words words='catalog_categories companies_all_synced companies_list dashboard_cashflow dashboard_data dashboard_detailed_data dashboard_maturity dashboard_metrics dashboard_performance dashboard_staff_performance dashboard_summary dashboard_top_services dashboard_trends employee employee_rirekisho invoices_list invoices_summary list payroll salary search settings treasury_data user user_permissions user_roles' ;;
    stats:-w | stats:--where) kind=nothing ;;
    stats:-e | stats:--event) kind=words words='bill-paid category-changed company-changed employee-changed invoice-changed password-reset payment-recorded payroll-generated settings-changed sync-completed treasury-transaction' ;;
    stats:-k | stats:--key) kind=nothing ;;
    stats:--keys-from) kind=files ;;
    stats:--match) kind=nothing ;;
    stats:--read-from) kind=words words='primary replica' ;;
    stats:--by) kind=words words='tenant resource tenant,resource prefix' ;;
    stats:--count) kind=nothing ;;
    stats:--max-pause) kind=nothing ;;
    stats:--max-load) kind=nothing ;;
    stats:--max-rate) kind=nothing ;;
    stats:--assert) kind=nothing ;;
    stats:--instances) kind=nothing ;;
    stats:-o | stats:--output) kind=words words='table json ndjson csv prometheus' ;;
    doctor:--level) kind=words words='note warning error' ;;
    doctor:--for) kind=nothing ;;
    doctor:--host-root) kind=folders ;;
    doctor:--notify) kind=nothing ;;
    doctor:--max-pause) kind=nothing ;;
    doctor:-o | doctor:--output) kind=words words='table json ndjson junit' ;;
    toggle:--for) kind=nothing ;;
    toggle:--instances) kind=nothing ;;
    toggle:-o | toggle:--output) kind=words words='table json ndjson' ;;
    clear:-o | clear:--output) kind=words words='table json ndjson' ;;
    benchmark:-o | benchmark:--output) kind=words words='table json ndjson' ;;
    bench:--uncached-url) kind=nothing ;;
    bench:--uncached-header) kind=nothing ;;
    bench:--uncached-query) kind=nothing ;;
    bench:--uncached-by) kind=nothing ;;
    bench:--toggle-url) kind=nothing ;;
    bench:--toggle) kind=words words='user global' ;;
    bench:--hook-uncached) kind=nothing ;;
    bench:--hook-cached) kind=nothing ;;
    bench:--hit-header) kind=nothing ;;
    bench:--hit-json) kind=nothing ;;
    bench:--origin-counter) kind=nothing ;;
    bench:--expect) kind=nothing ;;
    bench:--expect-body-contains) kind=nothing ;;
    bench:--as) kind=files ;;
    bench:--cache-down) kind=nothing ;;
    bench:--cache-up) kind=nothing ;;
    bench:--ignore-json) kind=nothing ;;
    bench:--suite) kind=files ;;
    bench:--urls-from) kind=files ;;
    bench:--base-url) kind=nothing ;;
    bench:--allow-env) kind=nothing ;;
    bench:--cache-url) kind=nothing ;;
    bench:--rows) kind=nothing ;;
    bench:-t | bench:--tenant) kind=nothing ;;
    bench:-r | bench:--resource) kind=words words='catalog_categories companies_all_synced companies_list dashboard_cashflow dashboard_data dashboard_detailed_data dashboard_maturity dashboard_metrics dashboard_performance dashboard_staff_performance dashboard_summary dashboard_top_services dashboard_trends employee employee_rirekisho invoices_list invoices_summary list payroll salary search settings treasury_data user user_permissions user_roles' ;;
    bench:-w | bench:--where) kind=nothing ;;
    bench:-e | bench:--event) kind=words words='bill-paid category-changed company-changed employee-changed invoice-changed password-reset payment-recorded payroll-generated settings-changed sync-completed treasury-transaction' ;;
    bench:-k | bench:--key) kind=nothing ;;
    bench:--keys-from) kind=files ;;
    bench:--match) kind=nothing ;;
    bench:-H | bench:--header) kind=nothing ;;
    bench:-m | bench:--method) kind=words words='GET HEAD POST PUT PATCH DELETE OPTIONS' ;;
    bench:-d | bench:--data) kind=nothing ;;
    bench:-T | bench:--type) kind=nothing ;;
    bench:--param) kind=nothing ;;
    bench:-A | bench:--auth) kind=nothing ;;
    bench:--connect-to) kind=nothing ;;
    bench:--unix-socket) kind=nothing ;;
    bench:-C | bench:--cookie) kind=nothing ;;
    bench:-n | bench:--requests) kind=nothing ;;
    bench:-c | bench:--concurrency) kind=nothing ;;
    bench:-j | bench:--threads) kind=nothing ;;
    bench:--streams) kind=nothing ;;
    bench:--rate) kind=nothing ;;
    bench:-z | bench:--duration) kind=nothing ;;
    bench:--abort-when) kind=nothing ;;
    bench:--warmup) kind=nothing ;;
    bench:--blocks) kind=nothing ;;
    bench:--seed) kind=nothing ;;
    bench:--report) kind=files ;;
    bench:--json) kind=files ;;
    bench:--junit) kind=files ;;
    bench:--export) kind=words words='benchmark-action' ;;
    bench:--assert) kind=nothing ;;
    bench:--baseline) kind=files ;;
    bench:--baseline-if-exists) kind=files ;;
    bench:--tolerance) kind=nothing ;;
    bench:-o | bench:--output) kind=words words='table markdown json ndjson csv' ;;
    demo:--listen) kind=nothing ;;
    demo:--cache-url) kind=nothing ;;
    demo:--listen-to) kind=nothing ;;
    demo:--allow-host) kind=nothing ;;
    demo:--user) kind=nothing ;;
    demo:--rows) kind=nothing ;;
    profile:-o | profile:--output) kind=words words='table json ndjson' ;;
    *:-u | *:--url) kind=nothing ;;
    *:-p | *:--profile) kind=words words='hr-portal roa2web roa2web-hybrid salonos tally-portal' ;;
    *:--config) kind=files ;;
    *:--env-file) kind=files ;;
    *:--output-file) kind=files ;;
    *:--color) kind=words words='auto always never' ;;
    *:--timeout) kind=nothing ;;
    *:--password-file) kind=files ;;
    *:--sentinel-user) kind=nothing ;;
    *:--sentinel-password-file) kind=files ;;
    *:--node-map) kind=nothing ;;
    *:--token-file) kind=files ;;
    *:--dialect) kind=nothing ;;
    *:--cacert) kind=files ;;
    *:--cert) kind=files ;;
    *:--key-file) kind=files ;;
    *:--server-name) kind=nothing ;;
    :-o | :--output) kind=words words='table json ndjson csv markdown prometheus junit' ;;
    esac
}

# The options that go with a command, in `words`.
__roacache_options() {
    words='-h --help -u --url -p --profile --config --env-file --output-file --color --timeout --password-file --sentinel-user --sentinel-password-file --node-map --token-file --dialect --cacert --cert --key-file --server-name --insecure -q --quiet -v --verbose --version'
    case $1 in
    ping) words+=' -c --count --wait --fail-on-fallback --instances -o --output' ;;
    keys) words+=' -t --tenant -r --resource -w --where -e --event -k --key --keys-from --match -g --glob --all-tenants -0 --null --read-from -l --long --sort --limit --count --max-pause --max-load --max-rate -o --output' ;;
    key) words+=' -t --tenant --stdin -o --output' ;;
    invalidate) words+=' -t --tenant -r --resource -w --where -e --event -k --key --keys-from --match -g --glob --all-tenants -0 --null -n --dry-run --max-keys --audit-log --reason --notify --notify-url --max-pause --max-load --max-rate --force --soft --instances -y --yes --verify --fail-if-none --allow-unreachable --resume-file --settle --resume --vacuum -o --output' ;;
    plan) words+=' -t --tenant -r --resource -w --where -e --event -k --key --keys-from --match -g --glob --all-tenants -0 --null -O --out --max-pause --max-load --max-rate -o --output' ;;
    apply) words+=' --max-age --tolerance --require-reason --again --unproven -n --dry-run --max-keys --audit-log --reason --notify --notify-url --max-pause --max-load --max-rate --force -y --yes --verify --fail-if-none --allow-unreachable --resume-file -o --output' ;;
    follow) words+=' --sqlite --query --command -t --tenant -r --resource -w --where -e --event -k --key --keys-from --match -g --glob --all-tenants -0 --null --interval --settle --state --once --invalidate-first -n --dry-run --max-keys --audit-log --reason --notify --notify-url --max-pause --max-load --max-rate --force --soft --instances -o --output' ;;
    inspect) words+=' -t --tenant -r --resource -w --where -e --event -k --key --keys-from --match -g --glob --all-tenants -0 --null --read-from --raw --max-bytes -o --output' ;;
    stats) words+=' -t --tenant -r --resource -w --where -e --event -k --key --keys-from --match -g --glob --all-tenants -0 --null --read-from --by --no-scan --watch --count --max-pause --max-load --max-rate --assert --goals --instances -o --output' ;;
    doctor) words+=' --level --for --host-root --notify --max-pause -o --output' ;;
    toggle) words+=' --for --instances -o --output' ;;
    clear) words+=' -y --yes --force -o --output' ;;
    benchmark) words+=' -o --output' ;;
    bench) words+=' --uncached-url --uncached-header --uncached-query --uncached-by --toggle-url --toggle --stampede --hook-uncached --hook-cached --hit-header --hit-json --origin-counter --expect --expect-body-contains --as --single --drill --cache-down --cache-up --no-compare --ignore-json --suite --urls-from --base-url --allow-env --demo --cache-url --rows -t --tenant -r --resource -w --where -e --event -k --key --keys-from --match -g --glob --all-tenants -0 --null -H --header -m --method -d --data -T --type --param -A --auth --connect-to --unix-socket -C --cookie -n --requests -c --concurrency -j --threads --http2 --streams --rate --both-loops --spin -z --duration --abort-when --warmup --blocks --seed --report --json --junit --export --github-summary --assert --baseline --baseline-if-exists --tolerance -o --output' ;;
    demo) words+=' --listen --cache-url --listen-to --allow-host --user --vulnerable --rows' ;;
    profile) words+=' -o --output' ;;
    trust) words+=' --list --revoke' ;;
    '') words+=' -o --output' ;;
    esac
}

# What stands in a command's place, or after it, in `kind` and `words`.
__roacache_arguments() {
    kind=nothing words=
    case $1 in
    '') kind=words words='ping keys key invalidate plan apply follow inspect stats doctor toggle clear benchmark bench demo profile trust completion' ;;
    key) kind=words words='catalog_categories companies_all_synced companies_list dashboard_cashflow dashboard_data dashboard_detailed_data dashboard_maturity dashboard_metrics dashboard_performance dashboard_staff_performance dashboard_summary dashboard_top_services dashboard_trends employee employee_rirekisho invoices_list invoices_summary list payroll salary search settings treasury_data user user_permissions user_roles' ;;
    apply) kind=files ;;
    inspect) kind=nothing ;;
    toggle) kind=words words='user global auto-invalidate' ;;
    bench) kind=words words='merge compare' ;;
    profile) kind=words words='list show check' ;;
    trust) kind=nothing ;;
    completion) kind=words words='bash zsh fish' ;;
    esac
}

# Sets `command`, and `option` when the word to complete is the value of one.
__roacache_read_line() {
    local i j word kind words
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == = ]]; then continue; fi
        if [[ -n $option ]]; then
            option=
        elif [[ $word == -- ]]; then
            :
        elif [[ $word == --* ]]; then
            __roacache_kind "$command:$word"
            if [[ $kind != flag ]]; then option=$word; fi
        elif [[ $word == -?* ]]; then
            for ((j = 1; j < ${#word}; j++)); do
                __roacache_kind "$command:-${word:j:1}"
                if [[ $kind != flag ]]; then
                    if ((j == ${#word} - 1)); then option=-${word:j:1}; fi
                    break
                fi
            done
        elif [[ -z $command ]]; then
            command=$word
        fi
    done
}

# Completes `cur` by `kind` and `words`.
__roacache_values() {
    case $kind in
    words) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur") ;;
    files)
        if declare -F _filedir >/dev/null; then
            _filedir
        else
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        fi
        ;;
    folders)
        if declare -F _filedir >/dev/null; then
            _filedir -d
        else
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        fi
        ;;
    esac
}

_roacache() {
    local cur=${COMP_WORDS[COMP_CWORD]} command='' option='' kind=flag words='' prefix=''
    COMPREPLY=()
    __roacache_read_line
    if [[ $cur == = && -n $option ]]; then cur=; fi
    # Where `=` does not split words, the option stands in the same word.
    if [[ -z $option && $cur == --*=* ]]; then
        option=${cur%%=*} prefix=${cur%%=*}= cur=${cur#*=}
    fi
    if [[ -n $option ]]; then
        __roacache_kind "$command:$option"
    elif [[ $cur == -* ]]; then
        kind=words
        __roacache_options "$command"
    else
        __roacache_arguments "$command"
    fi
    __roacache_values
    if [[ -n $prefix ]]; then COMPREPLY=("${COMPREPLY[@]/#/$prefix}"); fi
}

complete -F _roacache roacache

"""The scripts that shells read once; each asks the program what to offer when a person presses tab.

Templates of the command-line library: `%(complete_func)s`, `%(complete_var)s`, `%(prog_name)s`.
"""

from __future__ import annotations

BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' answer
    COMPREPLY=()
    for answer in $(COMP_LINE="${COMP_LINE:0:COMP_POINT}" %(complete_var)s=bash_complete "$1"); do
        case "${answer%%%%,*}" in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            *)
                COMPREPLY+=("${answer#*,}")
                case "$answer" in *[:\\<\\>]) compopt -o nospace 2>/dev/null ;; esac ;;
        esac
    done
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local program=${~${(Q)words[1]}} kind value help
    local -a answer whole begun described
    (( $+commands[$program] )) || [[ -x $program ]] || return 1
    answer=("${(@f)$(COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT - 1)) %(complete_var)s=zsh_complete $program)}")
    for kind value help in $answer; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files ;;
            plain)
                if [[ $value == *[:\\<\\>] ]]; then begun+=($value)
                elif [[ $help == _ ]]; then whole+=($value)
                else described+=($value:$help); fi ;;
        esac
    done
    (( $#described )) && _describe -V %(prog_name)s described -U
    (( $#begun )) && compadd -U -V begun -S '' -a begun
    (( $#whole )) && compadd -U -V whole -a whole
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

FISH = """\
function %(complete_func)s
    set -l program (commandline -cpo)[1]
    type -q -- $program; or set program %(prog_name)s
    for answer in (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) COMP_CWORD=(commandline -t) $program)
        set -l parts (string split -m 1 , -- $answer)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case plain
                printf '%%s\\n' $parts[2]
        end
    end
end
complete --no-files --keep-order --command %(prog_name)s --arguments "(%(complete_func)s)"
"""

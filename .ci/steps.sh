# The steps of .ci/run, what they count, and how that is told.
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
passed=0
failed=0
# Told again at the end: the output is long, and may be cut in front.
failures="$results/failures"
first_failures="$results/first-failures"
touch "$failures" "$first_failures"

# step NAME COMMAND...: a step that counts as one check.
step() {
  local name=$1
  shift
  echo "== $name"
  if "$@"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "-- $name failed" | tee -a "$failures"
  fi
}

# tests COUNTS FAILURES COMMAND...: runs vitest. Each line of COUNTS has how many tests of a file passed, how many
# failed, and the file; "-" stands for what no file can be blamed for. FAILURES gets what failed, and why.
tests() {
  local counts=$1 failed_tests=$2
  shift 2
  CI_COUNTS="$counts" CI_FAILURES="$failed_tests" "$@" --reporter=default --reporter=./.ci/reporter.js
  local status=$?
  # A run that failed for a reason that it does not tell has failed all the same, and so has one that tells nothing.
  if [ ! -s "$counts" ] || { [ "$status" != 0 ] && ! awk '$2 > 0 { bad = 1 } END { exit !bad }' "$counts"; }; then
    echo "0 1 -" >>"$counts"
    echo "-- $* ended with $status" >>"$failed_tests"
  fi
}

# count COUNTS...: adds what such files say.
count() {
  passed=$((passed + $(awk '{ sum += $1 } END { print sum + 0 }' "$@")))
  failed=$((failed + $(awk '{ sum += $2 } END { print sum + 0 }' "$@")))
}

# suite NAME COMMAND...: a step whose tests are counted one by one.
suite() {
  local counts="$results/$1"
  echo "== $1"
  shift
  tests "$counts" "$failures" "$@"
  count "$counts"
}

# suite_of_programs NAME COMMAND...: the same for tests that run real programs. Those are not ours, and share two cores:
# a file in which something failed runs once more, by itself, and that run counts. What failed first is told at the end.
suite_of_programs() {
  local name=$1 counts="$results/$1" first="$results/$1-first"
  echo "== $name"
  shift
  touch "$first"
  tests "$counts" "$first" "$@"
  local again
  again=$(awk '$2 > 0 { print $3 }' "$counts")
  case " $again " in
  "  ") count "$counts" ;;
  *-" "*)
    cat "$first" >>"$failures"
    count "$counts"
    ;;
  *)
    sed 's/^-- /-- at the first of two runs: /' "$first" >>"$first_failures"
    echo "== $name once more:" $again
    # shellcheck disable=SC2086 # a list of files
    tests "$results/$name-again" "$failures" "$@" $again
    awk '$2 == 0' "$counts" >"$results/$name-passed"
    count "$results/$name-passed" "$results/$name-again"
    ;;
  esac
}

# tell: what failed, by name and reason, then the line that counts; fails where anything has failed.
tell() {
  cat "$first_failures" "$failures"
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}

#!/bin/bash
# Makes programme-a.mp3 and programme-b.mp3, which are committed: this is how, not a step of any build.
# Needs espeak-ng, sox, lame, mpg123, and ffmpeg for the drone. See README.md for what comes out.
#
#     demo/make-programme.sh [WORKING-DIRECTORY]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d)}
mkdir -p "$work"

RATE=48000
SECONDS_A_LOOP=60
LOOP_SAMPLES=$((RATE * SECONDS_A_LOOP))   # 2,880,000 = 2,500 frames of 1,152 exactly
FRAME_BYTES=144                           # 48 kbit/s at 48 kHz: 24 ms, never padded
LOOP_BYTES=$((LOOP_SAMPLES / 1152 * FRAME_BYTES))
# LAME begins 576 samples early, and every decoder of Layer III is 529 late. The input is advanced by as much,
# so that what a decoder puts out for frame 0 begins with sample 0 of the programme.
CODEC_DELAY=$((576 + 529))
# B begins 7.5 s and 100 samples into the programme: 312 frames and 676 samples, so its frames lie 676 samples
# behind A's. Not half a frame: then the nearest cut would be a toss-up.
OFFSET_A=0
OFFSET_B=360100

words() {
  local ones=(zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen)
  local tens=(- - twenty thirty forty fifty)
  if (($1 < 20)); then echo "${ones[$1]}"
  elif (($1 % 10)); then echo "${tens[$1 / 10]} ${ones[$1 % 10]}"
  else echo "${tens[$1 / 10]}"; fi
}

# One second each: a pip on the second, then its number. The tens have a higher, longer pip.
tone() { sox -V1 -n -r $RATE -c 1 "$1" synth "$2" sine "$3" fade t 0.004 "$2" 0.008 gain -12; }
tone "$work/pip.wav" 0.06 1000
tone "$work/pip-ten.wav" 0.14 1760
for ((s = 0; s < SECONDS_A_LOOP; s++)); do
  espeak-ng -v en-gb -s 190 -a 120 -w "$work/raw.wav" "$(words "$s")"
  sox -V1 -D "$work/raw.wav" -r $RATE -c 1 "$work/say.wav" gain -4 rate silence 1 0.005 0.5% reverse silence 1 0.005 0.5% reverse pad 0.18
  pip=$work/pip.wav
  ((s % 10)) || pip=$work/pip-ten.wav
  sox -V1 -D -m -v 1 "$pip" -v 1 "$work/say.wav" "$work/second-$(printf %02d "$s").wav" pad 0 1 trim 0 "${RATE}s"
done
sox -V1 -D "$work"/second-??.wav "$work/count.wav"

# The bed: a root and its fifth in octaves, each gliding up one octave in a loop, the outer ones faded, so that the end
# is the beginning (Shepard's tone) while no two moments sound alike. Partial k runs through
# N 2^k (2^(t/60) - 1) cycles with a whole N, so every partial ends in the phase its successor began with.
partials() {
  for ((k = 0; k < 6; k++)); do
    printf '+exp(-pow((%d+%s+t/60-3)/1.3,2)/2)*sin(2*PI*%d*(pow(2,t/60)-1))' "$k" "$2" $(($1 << k))
  done
}
ffmpeg -v error -y -f lavfi -i "aevalsrc='0.02*(0$(partials 4762 0)$(partials 7143 0.585))':s=$RATE:d=$SECONDS_A_LOOP" -c:a pcm_s16le "$work/bed.wav"
sox -V1 -D -m -v 1 "$work/count.wav" -v 1 "$work/bed.wav" "$work/loop.wav" trim 0 "${LOOP_SAMPLES}s"

# Encodes five loops that begin $2 samples into the programme, and keeps the fourth: by then the encoder's state
# (bit reservoir, adaptive threshold) is that of an endless loop. The proof: loops three and four are decoded to the
# same samples, and so is the kept loop when it follows itself. (Their bytes differ in stuffing bits, which LAME inverts
# each time it writes some.)
encode() {
  sox -V1 -D "$work/loop.wav" "$work/turned.wav" trim $((($2 + CODEC_DELAY) % LOOP_SAMPLES))s
  sox -V1 -D "$work/turned.wav" "$work/loop.wav" "$work/loop.wav" "$work/loop.wav" "$work/loop.wav" "$work/loop.wav" "$work/long.wav"
  lame --quiet -t -m m -b 48 --cbr -q 0 --resample 48 "$work/long.wav" "$work/long.mp3"
  dd if="$work/long.mp3" of="$here/$1" bs=$LOOP_BYTES skip=3 count=1 status=none
  head -c $((4 * LOOP_BYTES)) "$work/long.mp3" | decode >"$work/long.raw"
  cat "$here/$1" "$here/$1" "$here/$1" | decode >"$work/looped.raw"
  same_loop "$work/long.raw" 2 "$work/long.raw" 3
  same_loop "$work/long.raw" 3 "$work/looped.raw" 1
  same_loop "$work/looped.raw" 1 "$work/looped.raw" 2
}
decode() { mpg123 -q --no-gapless -s -; }
same_loop() {
  cmp <(tail -c +$(($2 * LOOP_SAMPLES * 2 + 1)) "$1" | head -c $((LOOP_SAMPLES * 2))) \
    <(tail -c +$(($4 * LOOP_SAMPLES * 2 + 1)) "$3" | head -c $((LOOP_SAMPLES * 2)))
}
encode programme-a.mp3 $OFFSET_A
encode programme-b.mp3 $OFFSET_B
ls -l "$here"/programme-?.mp3

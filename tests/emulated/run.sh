#!/usr/bin/env bash
# Runs a program under Linux on a processor with AVX-512 and AMX that an emulator (Bochs) makes up, and prints what it prints. It is
# some fifty times slower than a real one and shows nothing about speed: it shows that instructions are spelled as the manual has
# them, that the system grants tiles, and what they compute.
#   tests/emulated/run.sh BOCHS KERNEL PROGRAM [ARGUMENT...]
#     BOCHS    a build of Bochs: --enable-x86-64 --enable-avx --enable-evex --enable-amx --with-nogui --enable-handlers-chaining
#     KERNEL   of Linux with a serial console, e.g. /boot/vmlinuz of Debian's linux-image-cloud-amd64 6.12 or newer
#     PROGRAM  e.g. build/dev/bin/matrix_test; its libraries are copied with it
# REGARD_EMULATED_MODEL (default: sapphire_rapids) is another processor that Bochs knows, REGARD_EMULATED_FILES a folder that PROGRAM reads.
# Exit code: the program's. Needs isolinux, syslinux-common, xorriso, cpio and busybox-static.
# docs/performance.md says what a release of Bochs must be able to do for AMX.
set -euo pipefail
if [ $# -lt 3 ]; then
  sed -n 's/^# \{0,1\}//; 5,10p' "$0" >&2
  exit 2
fi
bochs=$(realpath "$1") kernel=$(realpath "$2") program=$(realpath "$3")
shift 3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The whole system: the program, its libraries, and a first process that runs it.
root=$folder/root
mkdir -p "$root"/{bin,proc,tmp,dev} "$folder/iso/isolinux"
cp /bin/busybox "$root/bin/"
ln -s busybox "$root/bin/sh"
cp "$program" "$root/bin/program"
strip "$root/bin/program"
ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
if [ -n "${REGARD_EMULATED_FILES-}" ]; then # at the path that it has here
  files=$(realpath "$REGARD_EMULATED_FILES")
  mkdir -p "$root$(dirname "$files")"
  cp -rL "$files" "$root$files"
fi
{
  echo '#!/bin/sh'
  echo 'export PATH=/bin HOME=/tmp TMPDIR=/tmp'
  echo '/bin/busybox mount -t proc proc /proc; /bin/busybox mount -t tmpfs tmp /tmp; /bin/busybox mount -t devtmpfs dev /dev'
  printf '%q ' /bin/program "$@"
  printf '\necho "exit status $?"\n/bin/busybox sleep 3; /bin/busybox poweroff -f\n'
} > "$root/init"
chmod +x "$root/init"
(cd "$root" && find . | cpio --create --format=newc --quiet) > "$folder/iso/initrd"

# A disc that boots it.
cp "$kernel" "$folder/iso/vmlinuz"
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$folder/iso/isolinux/"
cat > "$folder/iso/isolinux/isolinux.cfg" << 'END'
DEFAULT linux
LABEL linux
 KERNEL /vmlinuz
 INITRD /initrd
 APPEND nogbpages rodata=off nopcid noinvpcid nmi_watchdog=0 no5lvl nopku nohpet lsm=none earlyprintk=ttyS0,115200 quiet console=ttyS0 rdinit=/init nokaslr mitigations=off tsc=reliable clocksource=tsc lpj=1000000
END
xorriso -as mkisofs -quiet -o "$folder/disc.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 \
  -boot-info-table "$folder/iso" 2> /dev/null

bios=$(dirname "$bochs")/bios
cat > "$folder/bochsrc" << END
display_library: nogui
cpu: model=${REGARD_EMULATED_MODEL:-sapphire_rapids}, count=1, ips=100000000, exclude_features="cet,pks,pku,uintr,la57,waitpkg,fsgsbase,tsc_deadline,x2apic,vmx,mwait,pcid,invpcid,rdpid,tsc_adjust,umip,serialize"
memory: guest=2048, host=2048
romimage: file=$bios/BIOS-bochs-latest
vgaromimage: file=$bios/VGABIOS-lgpl/VGABIOS-lgpl-latest.bin
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path=$folder/disc.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$folder/output
log: $folder/log
panic: action=fatal
error: action=ignore
END
"$bochs" -q -f "$folder/bochsrc" > /dev/null 2>&1 < /dev/null || true # powering off ends it in a "panic"
if [ ! -f "$folder/output" ]; then
  tail -n 5 "$folder/log" >&2
  exit 1
fi
tr -d '\r' < "$folder/output"
status=$(sed -n 's/.*exit status \([0-9]*\).*/\1/p' "$folder/output" | tail -n 1)
exit "${status:-1}"

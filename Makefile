# A thin front for Meson and Ninja.
build/build.ninja:
	meson setup build
check: build/build.ninja
	ninja -C build && meson test -C build --print-errorlogs
.PHONY: check

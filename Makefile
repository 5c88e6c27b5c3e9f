# The commands of a day's work. Each is a script that also runs by hand.
.PHONY: demo test test-all build format lint bench clean

demo:
	@scripts/demo

test:
	@scripts/test

test-all:
	@scripts/test --all

build:
	@scripts/setup
	swift build -c release

format:
	swift format -i -r -p --configuration .swift-format Package.swift Sources Tests Benchmarks

lint:
	@scripts/lint

bench:
	@scripts/bench

# What a pipeline remembers (.raudal) is no product of a build, and stays.
clean:
	rm -rf .build .build-*

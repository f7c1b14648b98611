# SPDX-License-Identifier: MIT
"""`profile_host`: samples of softmetal itself in the firmware, while a guest runs one short loop: they are where it is executed."""
import re
import subprocess

from frame import has, has_not, test
from guests import EXIT, bare, files
from machine import ROOT, Machine

SPIN = "kernel = spin.bin\nload_address = 0x100000\nmemory = 64M\n"


def spins(engine, instructions, more="profile_host = 500\n"):
    conf = f"{SPIN}{EXIT}engine = {engine}\nmax_instructions = {instructions}\n{more}"
    with Machine(files(conf, spin_bin=bare("spin"), guest_bin=None)) as m:
        m.wait_end(600)
        return m.text


def hosted(instructions):
    command = [ROOT / "build/host/softmetal", "run", "--kernel", ROOT / "build/guest/bare-spin.bin", "--load_address", "0x100000",
               "--memory", "64M", "--max_instructions", instructions]
    return subprocess.run(command, capture_output=True, text=True).stderr


def state(text):
    return re.search(r'"softmetal":"result","reason":"max-instructions".*"state_hash":"(\w+)"', text)[1]


def samples(text):
    """{function or made code: samples that ended in it}, and how many there are in all."""
    stacks = re.findall(r'"softmetal":"host_stack","stack":"([^"]*)","samples":(\d+)', text)
    own = {}
    for stack, n in stacks:
        name = stack.split(";")[-1]
        own[name] = own.get(name, 0) + int(n)
    whole = int(re.search(r'"softmetal":"host_profile","rate":500,"samples":(\d+),"without_room":0', text)[1])
    assert whole == sum(own.values()) and whole >= 50, text[-3000:]
    assert all(s.startswith("kernel_main") for s, _ in stacks), text[-3000:]
    return own, whole


@test
def profile_of_translated_code():
    text = spins("translate", "300M")
    own, whole = samples(text)
    assert own.get("block 0x100000", 0) > whole / 2, own
    has(text, r"profile_host: \d+ samples, 500 a second", r"\d %  block 0x100000\n")
    assert state(text) == state(hosted("300M"))


@test
def profile_of_the_interpreter():
    text = spins("interpret", "20M")
    own, whole = samples(text)
    assert not [name for name in own if name.startswith("block 0x")], own
    assert own.get("jmp_rel_64", 0) > whole / 2, own
    has(text, r'"stack":"kernel_main;emu_run;[^"]*;jmp_rel_64"')
    assert state(text) == state(hosted("20M"))


@test
def no_profile_in_what_is_measured():
    text = spins("auto", "1M", "profile_host = 500\nmeasure = marks\n")
    has(text, r"error: configuration: measure and profile_host are given.*right is one of them")
    has_not(text, "left boot services")

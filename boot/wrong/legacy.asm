; SPDX-License-Identifier: MIT
; What a PC says that starts in legacy BIOS mode: the code of the image's protective MBR (UEFI 2.10, 5.2.3), at most 440 bytes.
; The BIOS loads it to 0:0x7c00 and jumps there in real mode. It goes to the screen by the BIOS and to COM1 by our own hands,
; since that is softmetal's console (a port that is not there reads 0xff: always ready).
;
;   0  code   440  disk signature   446  four partition entries   510  0x55 0xaa
bits 16
org 0x7c00

COM1 equ 0x3f8
DIVISOR equ 0       ; registers; while LCR.DLAB is 1
FIFO_CONTROL equ 2
LINE_CONTROL equ 3
LINE_STATUS equ 5
THR_EMPTY equ 0x20

        jmp 0:start
start:
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        sti
        cld

        mov dx, COM1 + LINE_CONTROL ; 115200 baud, 8N1
        mov al, 0x83
        out dx, al
        mov dx, COM1 + DIVISOR
        mov al, 1
        out dx, al
        inc dx
        mov al, 0
        out dx, al
        inc dx                      ; FIFO_CONTROL
        inc ax
        out dx, al
        inc dx                      ; LINE_CONTROL
        mov al, 3
        out dx, al

        mov si, text
next:
        lodsb
        test al, al
        jz said
        mov ah, 0x0e                ; teletype output
        mov bx, 7
        push ax
        int 0x10
        pop ax
        call serial
        jmp next

said:
        xor ax, ax                  ; wait for a key
        int 0x16
        int 0x18                    ; the BIOS goes on with its next boot device
halted:
        hlt
        jmp halted

serial:
        mov ah, al
        mov dx, COM1 + LINE_STATUS
        xor cx, cx                  ; 65536 looks: a port that never gets ready must not hold up the screen
.busy:
        in al, dx
        test al, THR_EMPTY
        loopz .busy
        mov al, ah
        mov dx, COM1
        out dx, al
        ret

text:
        db 13, 10, "This PC has started in legacy BIOS mode; softmetal needs 64-bit UEFI.", 13, 10
        db "Switch CSM or legacy boot off in the firmware's setup, or choose this stick's", 13, 10
        db "entry that begins with UEFI in its boot menu. A PC without UEFI cannot run it.", 13, 10
        db "A key starts the next device.", 13, 10, 0

        times 440 - ($ - $$) db 0   ; nasm fails when the code is longer

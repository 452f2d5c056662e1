#include "tiles.h"

#ifdef __AMX_BF16__
#include <sys/syscall.h>
#include <unistd.h>
#endif

bool tiles_granted()
{
#ifdef __AMX_BF16__
    constexpr long request_permission = 0x1023, tile_data = 18;  // Linux's asm/prctl.h
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
    return false;
#endif
}

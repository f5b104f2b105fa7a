internal import Glibc

/// The system's time of day.
enum WallClock {
    static var seconds: Int {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return now.tv_sec
    }
}

package machine

import (
	"encoding/binary"
	"time"

	"hivetriage/artifacts/hive"
)

// A TimeZone is that of the machine, Control\TimeZoneInformation of SYSTEM.
// UTC = local time + Bias + the bias of the season.
//
// Source: Microsoft, TIME_ZONE_INFORMATION and DYNAMIC_TIME_ZONE_INFORMATION.
type TimeZone struct {
	Name          hive.Fact[string] // "W. Europe Standard Time"
	Bias          hive.Fact[int32]  // minutes
	Active        hive.Fact[int32]  // minutes, of both together, when the hive was written
	StandardBias  hive.Fact[int32]  // minutes, added to Bias
	DaylightBias  hive.Fact[int32]
	StandardStart hive.Fact[Turn] // when standard time begins, in daylight time
	DaylightStart hive.Fact[Turn] // when daylight time begins, in standard time
	Fixed         hive.Fact[bool] // the clock is not put forward and back: DynamicDaylightTimeDisabled
}

// A Turn is when a season begins in every year: on the Week-th Weekday of
// Month, the last one if Week is 5. Where Year is not 0, in that year alone,
// on the day Week of Month. A zone without daylight time has Month 0.
type Turn struct {
	Year, Month, Week int
	Weekday           time.Weekday
	Hour, Minute      int
}

func readTimeZone(n hive.Node) TimeZone {
	signed := func(name string) hive.Fact[int32] {
		v := number(n, name)
		return hive.Fact[int32]{Value: int32(v.Value), Offset: v.Offset, Certainty: v.Certainty}
	}
	z := TimeZone{Name: text(n, "TimeZoneKeyName"), Bias: signed("Bias"), Active: signed("ActiveTimeBias"),
		StandardBias: signed("StandardBias"), DaylightBias: signed("DaylightBias"),
		StandardStart: turn(n, "StandardStart"), DaylightStart: turn(n, "DaylightStart"), Fixed: on(n, "DynamicDaylightTimeDisabled")}
	if z.Name.Value == "" {
		z.Name = text(n, "StandardName")
	}
	return z
}

// turnBytes is the length of a turn in this key: eight u16, the year, the
// month, the week, the hour, the minute, the second, the milliseconds and the
// weekday (0 is Sunday), the order of the kernel's TIME_FIELDS and not of
// SYSTEMTIME, as hives of Windows 7 show.
const turnBytes = 16

// turn reads when a season begins. What is out of range is as good as absent.
func turn(n hive.Node, name string) hive.Fact[Turn] {
	if n == nil {
		return hive.Fact[Turn]{}
	}
	d, ok := hive.FindValue(n, name)
	if !ok || d.Length() != turnBytes {
		return hive.Fact[Turn]{}
	}
	data, err := d.Data(turnBytes)
	if err != nil || len(data) != turnBytes {
		return hive.Fact[Turn]{}
	}
	at := func(i int) int { return int(binary.LittleEndian.Uint16(data[2*i:])) }
	t := Turn{Year: at(0), Month: at(1), Week: at(2), Weekday: time.Weekday(at(7)), Hour: at(3), Minute: at(4)}
	most := 5
	if t.Year != 0 {
		most = 31
	}
	if t.Month > 12 || t.Month > 0 && (t.Week < 1 || t.Week > most) || t.Weekday > time.Saturday || t.Hour > 23 || t.Minute > 59 {
		return hive.Fact[Turn]{}
	}
	return hive.Sure(t, d.Offset())
}

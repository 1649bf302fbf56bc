-- SPDX-License-Identifier: Apache-2.0
-- The requests of the file that REQUESTS names, one after the other, and one line of figures at the end.
local file = assert(io.open(assert(os.getenv("REQUESTS")), "rb"))
local requests, last = {}, 0
for text in file:read("*a"):gmatch("[^%z]+") do requests[#requests + 1] = text end
file:close()

request = function()
   last = last % #requests + 1
   return requests[last]
end

done = function(summary, latency)
   local errors = summary.errors
   io.write(string.format("figures %d %d %d %d\n", summary.requests, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50)))
end

((rule (targets (word) @name)) @target (#not-match? @name "^\\."))
(variable_assignment name: (_) @name) @constant
(define_directive name: (_) @name) @function
